import type { FileSystem, NodeLocalStorageSpec, VolumeEntry } from "@stowage/api";
import type { Bytes, Extents } from "@stowage/capacity";
import {
  extentsFor,
  kib,
  noBytes,
  roundUpToExtents,
  show,
  showNeed,
  sizeOf,
  subtract,
} from "@stowage/capacity";
import type { LogicalVolume, VolumeGroup, WipeMethod } from "@stowage/lvm";
import { formattedTag, identityOf } from "@stowage/lvm";
import type { GroupVerdict } from "./judge-group.ts";
import type { Refusal } from "./judge-host.ts";
import type { Memory } from "./memory.ts";
import type { Observation } from "./observation.ts";
import type { WipeState } from "./wipes.ts";

/** What an entry of spec.volumes comes to, given what is on the node. */
export type VolumeVerdict =
  | { readonly kind: "ready"; readonly volume: LogicalVolume }
  | { readonly kind: "create"; readonly extents: Extents }
  | { readonly kind: "extend"; readonly volume: LogicalVolume; readonly extents: Extents }
  | { readonly kind: "activate"; readonly volume: LogicalVolume }
  | { readonly kind: "link"; readonly volume: LogicalVolume }
  /** Made, but not yet freed of old signatures: an agent was cut off in between. */
  | { readonly kind: "clean"; readonly volume: LogicalVolume }
  /** Without the file system that its entry asks for; nobody ever had it. */
  | { readonly kind: "format"; readonly volume: LogicalVolume; readonly fileSystem: FileSystem }
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
  /** Nothing to do until something on the node changes; then it goes on by itself. */
  | { readonly kind: "waiting"; readonly reason: string; readonly message: string }
  | { readonly kind: "refused"; readonly reason: string; readonly message: string };

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
  wipes: Memory["wipes"],
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
    verdicts.set(entry.name, judgeTombstone(entry, volume, blocked, observation, wipes));
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
      linked: observation.linked,
      cleaned: observation.cleaned,
    });
    if (judged.kind === "create") {
      room -= judged.extents;
      metadataFree = subtract(metadataFree, metadataOfVolume);
    }
    if (judged.kind === "extend") room -= judged.extents - extentsOf(judged.volume, group);
    verdicts.set(entry.name, judged);
  }
  return verdicts;
};

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
  const { reason, message } = group;
  return { kind: entry.delete === true ? "waiting" : "refused", reason, message };
};

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
  blocked: Blocked,
  { linked, users }: Observation,
  wipes: ReadonlyMap<string, WipeState>,
): VolumeVerdict => {
  if (volume === undefined || !isVolumeOf(entry, volume)) return { kind: "gone" };
  if (blocked !== undefined) return { kind: "waiting", ...words(blocked) };
  const state = wipes.get(entry.name);
  if (state?.kind === "running") return { kind: "wiping", volume, wiped: state.wiped };
  if (volume.use === "open") {
    const who = users.get(entry.name) ?? `is open; lsof /dev/*/${entry.name} may name who has it`;
    return {
      kind: "waiting",
      reason: "InUse",
      message: `it ${who}; it is removed as soon as nobody uses it`,
    };
  }
  // Nobody may know what an entry without the field held: the next tenant must not read it.
  const method = entry.wipe ?? "zero";
  if (method === "none" || state?.kind === "wiped") return { kind: "remove", volume };
  if (volume.activation === "inactive") return { kind: "activate", volume };
  if (!linked.has(volume.name)) return { kind: "link", volume };
  const from = state === undefined || state.wiped > volume.size ? noBytes : state.wiped;
  return { kind: "wipe", volume, method, from };
};

const judgeEntry = (
  entry: VolumeEntry,
  volume: LogicalVolume | undefined,
  place: {
    readonly group: VolumeGroup;
    readonly blocked: Blocked;
    readonly room: number;
    /** Why LVM can write down no more. */
    readonly shortage: Refusal | undefined;
    readonly linked: ReadonlySet<string>;
    readonly cleaned: ReadonlySet<string>;
  },
): VolumeVerdict => {
  const { group, blocked, room, shortage, linked, cleaned } = place;
  const extents = extentsFor(entry.size, group.extentSize);
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
  if (!linked.has(volume.name)) return { kind: "link", volume };
  // A pending volume was never handed out, so that it holds nothing that could be lost.
  if (entry.pending === true && !cleaned.has(volume.name) && volume.use === "closed") {
    return { kind: "clean", volume };
  }
  const { fileSystem } = entry;
  // A volume without the tag was never Ready, so that no PersistentVolume was made for it.
  if (fileSystem !== undefined && entry.pending === true && !volume.tags.includes(formattedTag)) {
    return blocked === undefined
      ? { kind: "format", volume, fileSystem }
      : { kind: "refused", ...words(blocked) };
  }
  const more = extents - extentsOf(volume, group);
  if (more <= 0) return { kind: "ready", volume };
  if (blocked !== undefined) return { kind: "refused", ...words(blocked) };
  if (shortage !== undefined) return { kind: "refused", ...words(shortage) };
  if (more > room) return noRoom(sizeOf(more as Extents, group.extentSize), room, group);
  return { kind: "extend", volume, extents };
};

const refused = (reason: string, message: string): VolumeVerdict => ({
  kind: "refused",
  reason,
  message,
});

const noRoom = (need: Bytes, room: number, group: VolumeGroup): VolumeVerdict =>
  refused(
    "NoSpace",
    `needs ${showNeed(need)} in ${group.name}, ${show(sizeOf(Math.max(0, room) as Extents, group.extentSize))} free of ${show(group.size)}`,
  );

const words = ({ reason, message }: { readonly reason: string; readonly message: string }) => ({
  reason,
  message,
});
