import type { ClaimReference, NodeLocalStorage, PersistentVolume } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { byName } from "../output/by-name.ts";

export type OrphanRow = {
  readonly node: string;
  readonly group: string;
  readonly volume: string;
  readonly size: Bytes;
  /** For whom it was made, as its tags say. */
  readonly claim?: ClaimReference | undefined;
  /**
   * orphan: no entry names it. halfway: it has its entry again, and no PersistentVolume yet, as after
   * an adoption that was cut off. unfinished: an orphan that nobody ever had.
   */
  readonly state: "orphan" | "halfway" | "unfinished";
};

export type OrphansView = { readonly orphans: readonly OrphanRow[] };

/** The logical volumes that Stowage made and that nobody can use as they are. */
export const orphansView = (
  groups: readonly NodeLocalStorage[],
  persistentVolumes: readonly PersistentVolume[],
): OrphansView => {
  const named = new Set(persistentVolumes.map(({ metadata }) => metadata.name));
  const rows = groups.flatMap(({ spec, status }) => {
    const { nodeName: node, volumeGroup: group } = spec;
    const entries = new Set(spec.volumes.map(({ name }) => name));
    const orphans = status.orphans
      .filter(({ name }) => !entries.has(name))
      .map(({ name, size, claim, state }): OrphanRow => ({
        node,
        group,
        volume: name,
        size,
        claim,
        state: state === "Unfinished" ? "unfinished" : "orphan",
      }));
    const halfway = spec.volumes
      .filter(
        ({ name, claim, pending, delete: tombstone }) =>
          claim !== undefined && pending !== true && tombstone !== true && !named.has(name),
      )
      .map(({ name, size, claim }): OrphanRow => ({
        node,
        group,
        volume: name,
        size: status.volumes.find((volume) => volume.name === name)?.size ?? size,
        claim,
        state: "halfway",
      }));
    return [...orphans, ...halfway];
  });
  return {
    orphans: rows.toSorted(
      (a, b) => byName(a.node, b.node) || byName(a.group, b.group) || byName(a.volume, b.volume),
    ),
  };
};
