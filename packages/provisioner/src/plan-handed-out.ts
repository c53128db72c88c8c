import type { PersistentVolume } from "@stowage/api";
import { isDeleting, isOfStowage, madeFor } from "@stowage/api";
import type { Milliseconds } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import { tellFailure } from "./give-up.ts";
import { lossOf } from "./lost-node.ts";
import type { SeenEntry, SeenVolume } from "./seen-volume.ts";
import { clearAway, waitsFor } from "./tombstone.ts";
import type { VolumeStep } from "./volume-step.ts";

/** How often it is looked whether an agent has seen that an entry is gone. */
const reportPeriod: Milliseconds = seconds(10);

/** What to do about a volume that has a PersistentVolume: keep it as it is, or remove it in order. */
export const planHandedOut = (seen: SeenVolume, volume: PersistentVolume): VolumeStep[] => {
  if (!isOfStowage(volume) || volume.group === undefined) {
    return seen.claim !== undefined && seen.wish.kind === "volume"
      ? [
          tellFailure(
            seen.wish,
            `a PersistentVolume ${seen.name} that is not for it already exists`,
          ),
        ]
      : [];
  }
  const home = seen.entries.find(({ group }) => group.metadata.name === volume.group);
  const tidy = seen.entries.filter((other) => other !== home).flatMap(clearAway);
  return [...tidy, ...planAtHome(seen, volume, volume.group, home)];
};

const planAtHome = (
  seen: SeenVolume,
  volume: PersistentVolume,
  groupName: string,
  home: SeenEntry | undefined,
): VolumeStep[] => {
  const fate = fateOf(volume);
  const drop = (of: "tombstone" | "any"): VolumeStep => ({
    kind: "drop",
    group: groupName,
    volume: seen.name,
    of,
  });
  const release: VolumeStep = { kind: "release_finalizer", persistentVolume: volume };
  if (fate === "leave_data") return home === undefined ? [release] : [drop("any"), release];
  const group = home?.group ?? seen.group(groupName);
  const restore: VolumeStep = {
    kind: "restore",
    group: groupName,
    entry: entryFor(seen.name, volume),
  };
  if (fate === "keep") {
    if (group === undefined) return [];
    if (home === undefined) return [restore];
    return home.entry.pending === true
      ? [{ kind: "settle", group: groupName, volume: seen.name }]
      : [];
  }
  const say = (why: string): VolumeStep[] => [
    { kind: "tell_persistent_volume", persistentVolume: volume, why },
  ];
  if (group === undefined) {
    return say(
      `NodeLocalStorage ${groupName} no longer exists, so nobody can remove the volume; create it again with the same nodeName and volumeGroup`,
    );
  }
  const remove: VolumeStep[] = [
    { kind: "delete_persistent_volume", persistentVolume: volume },
    release,
  ];
  const loss = lossOf(group, seen.nodeState(group.spec.nodeName));
  if (loss.kind === "confirmed") return home === undefined ? remove : [drop("any"), ...remove];
  if (home === undefined) {
    if (group.status.orphans.some(({ name }) => name === seen.name)) return [restore];
    // The entry may have been dropped so recently that the agent has not reported the orphan yet.
    if (group.status.observedGeneration >= group.metadata.generation) {
      return [{ kind: "confirm_absence", group: groupName, volume: seen.name }, ...remove];
    }
    // Without an entry nothing of the group's leads back here.
    return loss.kind === "unconfirmed"
      ? say(loss.why)
      : [{ kind: "look_again", after: reportPeriod }];
  }
  if (home.entry.delete !== true) {
    return [{ kind: "bury", group, entry: home.entry, ground: "released" }];
  }
  if (home.status?.state === "Deleted") return [drop("tombstone"), ...remove];
  if (loss.kind === "unconfirmed") return say(loss.why);
  return waitsFor(home.status).flatMap(say);
};

/** What is to become of a volume's data. */
const fateOf = (volume: PersistentVolume): "keep" | "remove" | "leave_data" => {
  // While it is bound, Kubernetes' own pv-protection keeps a deleted one; so do we.
  if (volume.phase === "Bound") return "keep";
  if (volume.reclaimPolicy === "Delete") {
    return volume.phase === "Released" || isDeleting(volume) ? "remove" : "keep";
  }
  return isDeleting(volume) ? "leave_data" : "keep";
};

const entryFor = (name: string, volume: PersistentVolume): SeenEntry["entry"] => ({
  name,
  size: volume.capacity,
  volumeMode: volume.volumeMode,
  ...(volume.claimRef === undefined
    ? {}
    : { claim: { ...volume.claimRef, uid: madeFor(volume) ?? volume.claimRef.uid } }),
});
