import type { NodeLocalStorageSpec, VolumeEntry } from "@stowage/api";
import type { Bytes, Extents } from "@stowage/capacity";
import { extentsFor, kib, noBytes, roundUpToExtents, show, subtract } from "@stowage/capacity";
import type { LogicalVolume, VolumeGroup, WipeMethod } from "@stowage/lvm";
import { identityOf, newTag } from "@stowage/lvm";
import { entanglementOf } from "./dependants.ts";
import type { GroupVerdict } from "./judge-group.ts";
import type { GrowthVerdict } from "./judge-growth.ts";
import { judgeGrowth } from "./judge-growth.ts";
import type { NewVolumeVerdict } from "./judge-new-volume.ts";
import { judgeNewVolume } from "./judge-new-volume.ts";
import type { Refusal } from "./judge-host.ts";
import type { Memory } from "./memory.ts";
import type { Observation } from "./observation.ts";
import type { Refused, Waiting } from "./verdict-words.ts";
import { noRoom, refused, words } from "./verdict-words.ts";

/** What an entry of spec.volumes comes to, given what is on the node. */
export type VolumeVerdict =
  | { readonly kind: "ready"; readonly volume: LogicalVolume }
  | { readonly kind: "create"; readonly extents: Extents }
  | { readonly kind: "activate"; readonly volume: LogicalVolume }
  /** Its path leads nowhere, or to another device. */
  | { readonly kind: "link"; readonly volume: LogicalVolume; readonly message: string }
  | NewVolumeVerdict
  | GrowthVerdict
  /** Condemned: to be wiped, from where an earlier attempt ended. */
  | {
      readonly kind: "wipe";
      readonly volume: LogicalVolume;
      readonly method: WipeMethod;
      readonly from: Bytes;
    }
  | { readonly kind: "wiping"; readonly volume: LogicalVolume; readonly wiped: Bytes }
  | { readonly kind: "remove"; readonly volume: LogicalVolume }
  /** The tombstone has done its work. */
  | { readonly kind: "gone" }
  | Waiting
  | Refused;

/**
 * Below this, LVM may not be able to write another volume's metadata, while removals still pass.
 * Why the group takes no more, in words; undefined while it does.
 */
export const metadataShortage = ({
  name,
  metadataFree,
}: Pick<VolumeGroup, "name" | "metadataFree">): Refusal | undefined =>
  metadataFree < leastMetadata
    ? {
        reason: "MetadataFull",
        message: `the metadata area of ${name} is full (${show(metadataFree)} left); remove volumes`,
      }
    : undefined;

const leastMetadata = kib(16);

/** What LVM writes about a volume with our tags, rounded up. */
export const metadataOfVolume = kib(1);

/**
 * One verdict for each entry, in the order of spec.volumes. Room goes to entries in that order;
 * what tombstones give back counts, because removals are carried out first.
 */
export const judgeVolumes = (
  spec: NodeLocalStorageSpec,
  observation: Observation,
  verdict: GroupVerdict,
  memory: VolumeMemory,
  /** Why the host lets nothing more be made. */
  shortage: Refusal | undefined,
): ReadonlyMap<string, VolumeVerdict> => {
  const verdicts = new Map<string, VolumeVerdict>();
  if (verdict.kind !== "ready" && verdict.kind !== "frozen") {
    for (const entry of spec.volumes) verdicts.set(entry.name, withoutGroup(entry, verdict));
    return verdicts;
  }
  const { group } = verdict;
  const blocked: Blocked = verdict.kind === "frozen" ? verdict : undefined;
  const volumes = publicVolumes(group);
  for (const entry of spec.volumes.filter((volume) => volume.delete === true)) {
    const volume = volumes.get(entry.name);
    verdicts.set(entry.name, judgeTombstone(entry, volume, group, blocked, observation, memory));
  }
  let room = allocatableExtents(group);
  for (const removed of verdicts.values()) {
    if (removed.kind === "remove") room += extentsOf(removed.volume, group);
  }
  let { metadataFree } = group;
  for (const entry of spec.volumes.filter((volume) => volume.delete !== true)) {
    const judged = judgeEntry(entry, volumes.get(entry.name), {
      group,
      blocked,
      room,
      shortage: shortage ?? metadataShortage({ name: group.name, metadataFree }),
      observation,
      memory,
    });
    if (judged.kind === "create" || judged.kind === "make_room") {
      room -= judged.kind === "create" ? judged.extents : judged.more;
      metadataFree = subtract(metadataFree, metadataOfVolume);
    }
    if (judged.kind === "extend" && judged.room === undefined) {
      room -= judged.extents - extentsOf(judged.volume, group);
    }
    verdicts.set(entry.name, judged);
  }
  return verdicts;
};

/** What was done before on volumes, and is being done. */
export type VolumeMemory = Pick<Memory, "wipes" | "zeroings" | "freed" | "formats">;

type Blocked = { readonly reason: string; readonly message: string } | undefined;

export const publicVolumes = (group: VolumeGroup): ReadonlyMap<string, LogicalVolume> =>
  new Map(
    group.logicalVolumes
      .filter(({ visibility }) => visibility === "public")
      .map((volume) => [volume.name, volume]),
  );

/** Free extents on the devices that LVM may allocate from. */
const allocatableExtents = (group: VolumeGroup): number =>
  group.physicalVolumes
    .filter((device) => device.presence === "present" && device.allocation === "allocatable")
    .reduce((total, device) => total + device.extents - device.allocatedExtents, 0);

export const extentsOf = (volume: LogicalVolume, group: VolumeGroup): Extents =>
  extentsFor(volume.size, group.extentSize);

/**
 * Whether a logical volume is the one that an entry means: by the claim's UID where the entry has a
 * claim, otherwise by any mark of ours. The name alone is never enough.
 */
export const isVolumeOf = (entry: VolumeEntry, volume: LogicalVolume): boolean => {
  const identity = identityOf(volume.tags);
  if (identity === undefined) return false;
  return entry.claim === undefined || identity.claim?.uid === entry.claim.uid;
};

const withoutGroup = (
  entry: VolumeEntry,
  group: Exclude<GroupVerdict, { kind: "ready" | "frozen" }>,
): VolumeVerdict => {
  const surelyGone = group.kind === "to_be_made" || group.kind === "none";
  if (entry.delete === true && surelyGone) return { kind: "gone" };
  if (group.kind === "to_be_made") {
    return { kind: "waiting", reason: "GroupPending", message: "its volume group is being made" };
  }
  const { reason } = group;
  const message = entry.pending === true ? group.message : seeTheGroup;
  return { kind: entry.delete === true ? "waiting" : "refused", reason, message };
};

/**
 * The words on the group stand in its condition. Of the volumes only those that a claim waits for
 * repeat them: a thousand repetitions would bring the object to the limit of what etcd takes.
 */
const seeTheGroup = "the condition Ready says what is wrong with the group";

/** The volumes of ours that tombstones name. */
export const condemnedVolumes = (
  spec: NodeLocalStorageSpec,
  group: VolumeGroup,
): LogicalVolume[] => {
  const volumes = publicVolumes(group);
  return spec.volumes.flatMap((entry) => {
    const volume = entry.delete === true ? volumes.get(entry.name) : undefined;
    return volume === undefined || !isVolumeOf(entry, volume) ? [] : [volume];
  });
};

const judgeTombstone = (
  entry: VolumeEntry,
  volume: LogicalVolume | undefined,
  group: VolumeGroup,
  blocked: Blocked,
  observation: Observation,
  { wipes, zeroings, formats }: VolumeMemory,
): VolumeVerdict => {
  if (volume === undefined || !isVolumeOf(entry, volume)) return { kind: "gone" };
  if (blocked !== undefined) return { kind: "waiting", ...words(blocked) };
  const state = wipes.get(entry.name);
  if (state?.kind === "running") return { kind: "wiping", volume, wiped: state.wiped };
  if (zeroings.get(entry.name)?.kind === "running" || formats.get(entry.name)?.kind === "running") {
    const message = "what was begun to make it comes to its end first; then it is removed";
    return { kind: "waiting", reason: "InUse", message };
  }
  const entangled = entanglementOf(volume, group);
  if (entangled !== undefined) {
    const { reason, message } = entangled;
    return {
      kind: "waiting",
      reason,
      message: `${message}; then this volume is removed by itself`,
    };
  }
  if (volume.use === "open") {
    const who =
      observation.users.get(entry.name) ?? `is open; lsof /dev/*/${entry.name} may name who has it`;
    return {
      kind: "waiting",
      reason: "InUse",
      message: `it ${who}; it is removed as soon as nobody uses it`,
    };
  }
  // Nobody may know what an entry without the field held: the next tenant must not read it.
  const method = entry.wipe ?? "zero";
  const neverHandedOut = entry.pending === true && volume.tags.includes(newTag);
  if (method === "none" || state?.kind === "wiped" || neverHandedOut) {
    return { kind: "remove", volume };
  }
  if (volume.activation === "inactive") return { kind: "activate", volume };
  if (volume.activation === "suspended") return suspended();
  if (!observation.linked.has(volume.name)) return unlinked(volume, observation);
  const from = state === undefined || state.wiped > volume.size ? noBytes : state.wiped;
  return { kind: "wipe", volume, method, from };
};

const suspended = (): VolumeVerdict => ({
  kind: "waiting",
  reason: "Suspended",
  message:
    "its device is suspended or has no table: a command was cut off half-way; the agent runs lvchange --refresh",
});

const unlinked = (volume: LogicalVolume, { elsewhere }: Observation): VolumeVerdict => ({
  kind: "link",
  volume,
  message: elsewhere.get(volume.name) ?? "its device node is not there",
});

const judgeEntry = (
  entry: VolumeEntry,
  volume: LogicalVolume | undefined,
  place: {
    readonly group: VolumeGroup;
    readonly blocked: Blocked;
    readonly room: number;
    /** Why LVM can write down no more. */
    readonly shortage: Refusal | undefined;
    readonly observation: Observation;
    readonly memory: VolumeMemory;
  },
): VolumeVerdict => {
  const { group, blocked, room, shortage, observation, memory } = place;
  if (volume === undefined) {
    if (blocked !== undefined) return { kind: "refused", ...words(blocked) };
    // It was handed out, so data was on it: an empty volume in its place would hide the loss.
    if (entry.pending !== true) {
      return refused(
        "Missing",
        `there is no ${entry.name} in ${group.name}, and an empty one is not put in its place; bring back the disk that held it, or delete the claim`,
      );
    }
    if (shortage !== undefined) return { kind: "refused", ...words(shortage) };
    const extents = extentsFor(entry.size, group.extentSize);
    if (extents > room) return noRoom(roundUpToExtents(entry.size, group.extentSize), room, group);
    return { kind: "create", extents };
  }
  if (!isVolumeOf(entry, volume)) {
    return refused(
      "NameTaken",
      `${group.name}/${volume.name} exists and is not this claim's; rename it with lvrename, or remove it`,
    );
  }
  if (volume.health === "partial") {
    return refused("DevicesMissing", `part of ${volume.name} lies on a device that is missing`);
  }
  if (volume.activation === "inactive") {
    if (blocked?.reason === "Exported") return { kind: "refused", ...words(blocked) };
    return { kind: "activate", volume };
  }
  if (volume.activation === "suspended") return suspended();
  if (!observation.linked.has(volume.name)) return unlinked(volume, observation);
  const unfinished = judgeNewVolume(entry, volume, memory);
  if (unfinished !== undefined) {
    return blocked === undefined ? unfinished : { kind: "refused", ...words(blocked) };
  }
  const growth = judgeGrowth(entry, volume, { group, room, shortage, memory });
  if (growth === undefined) return { kind: "ready", volume };
  return blocked === undefined ? growth : { kind: "refused", ...words(blocked) };
};
