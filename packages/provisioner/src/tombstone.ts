import { absenceOf } from "./absence.ts";
import type { SeenEntry, SeenVolume } from "./seen-volume.ts";
import type { VolumeStep } from "./volume-step.ts";

/** Steps that get rid of an entry that nobody wants there, as far as nothing can be lost by it. */
export const clearAway = (seen: SeenEntry): VolumeStep[] => clearAwayAs(seen, "unwanted");

/** The same on a ground of its own. */
export const clearAwayAs = (
  { group, entry, status }: SeenEntry,
  ground: "unwanted" | "elsewhere",
): VolumeStep[] => {
  const name = group.metadata.name;
  if (entry.delete === true) {
    return status?.state === "Deleted"
      ? [{ kind: "drop", group: name, volume: entry.name, of: "tombstone" }]
      : [];
  }
  // A volume that was handed out may hold data. Only a Released PersistentVolume ends it, never
  // the absence of one: a ledger restored from a backup has no PersistentVolumes yet.
  // An entry without a claim is an admin's own.
  return entry.pending === true && entry.claim !== undefined
    ? [{ kind: "bury", group, entry, ground }]
    : [];
};

/** Whether a logical volume may be there, or still be made, for an entry. */
export const mayStillAppear = ({ group, entry, status }: SeenEntry, seen: SeenVolume): boolean =>
  !(entry.delete === true && status?.state === "Deleted") &&
  absenceOf(seen.nodeState(group.spec.nodeName), group.spec.nodeName, seen).kind === "none";

/** What keeps a tombstone waiting: not what was said of the living volume, nor that it is wiped. */
export const waitsFor = (status: SeenEntry["status"]): string[] =>
  status?.state === "Deleting" && status.reason !== "Wiping" && status.message !== undefined
    ? [status.message]
    : [];
