import type { VolumeEntry } from "@stowage/api";
import type { Bytes, Extents } from "@stowage/capacity";
import { extentsFor, noBytes, sizeOf } from "@stowage/capacity";
import type { LogicalVolume, VolumeGroup } from "@stowage/lvm";
import { roomOf } from "@stowage/lvm";
import { entanglementOf } from "./dependants.ts";
import { readsExtents } from "./judge-new-volume.ts";
import type { Memory } from "./memory.ts";
import type { Refused, Waiting } from "./verdict-words.ts";
import { noRoom, refused } from "./verdict-words.ts";

/**
 * What is to be done so that a volume has what its entry says. Whoever can read extents must not see
 * what lay on the new ones, not even for a moment. So they are taken by a volume of their own first,
 * the room, which nobody has; it is zeroed, removed, and its very extents are given to the one that grows.
 */
export type GrowthVerdict =
  | {
      readonly kind: "extend";
      readonly volume: LogicalVolume;
      /** In all. */
      readonly extents: Extents;
      /** What was zeroed for it; undefined where any extents will do. */
      readonly room: LogicalVolume | undefined;
    }
  | {
      readonly kind: "make_room";
      readonly volume: LogicalVolume;
      readonly more: Extents;
      readonly extents: Extents;
    }
  | {
      readonly kind: "zero_room";
      readonly volume: LogicalVolume;
      readonly room: LogicalVolume;
      readonly from: Bytes;
    }
  | {
      readonly kind: "zeroing_room";
      readonly volume: LogicalVolume;
      readonly room: LogicalVolume;
      readonly wiped: Bytes;
    }
  | Waiting
  | Refused;

/** Undefined when the volume has it all. */
export const judgeGrowth = (
  entry: VolumeEntry,
  volume: LogicalVolume,
  place: {
    readonly group: VolumeGroup;
    /** Free extents that nobody before this one takes. */
    readonly room: number;
    readonly shortage: { readonly reason: string; readonly message: string } | undefined;
    readonly memory: Pick<Memory, "zeroings">;
  },
): GrowthVerdict | undefined => {
  const { group, room: free, shortage, memory } = place;
  const has = extentsFor(volume.size, group.extentSize);
  const extents = extentsFor(entry.size, group.extentSize);
  const more = (extents - has) as Extents;
  if (more <= 0) return undefined;
  const entangled = entanglementOf(volume, group);
  if (entangled !== undefined) {
    return refused(entangled.reason, `${entangled.message}; then this volume grows by itself`);
  }
  const room = roomsOf(group).find(({ tags }) => roomOf(tags) === entry.name);
  if (room === undefined || !readsExtents(entry)) {
    if (shortage !== undefined) return refused(shortage.reason, shortage.message);
    if (more > free) return noRoom(sizeOf(more, group.extentSize), free, group);
    return readsExtents(entry)
      ? { kind: "make_room", volume, more, extents }
      : { kind: "extend", volume, extents, room: undefined };
  }
  const ready = extentsFor(room.size, group.extentSize);
  const state = memory.zeroings.get(room.name);
  if (state?.kind === "running") return { kind: "zeroing_room", volume, room, wiped: state.wiped };
  if (ready > more || room.activation !== "active" || entanglementOf(room, group) !== undefined) {
    // Of no use as it is: it is removed, and made anew.
    return { kind: "waiting", reason: "Zeroing", message: `${room.name} is removed first` };
  }
  return state?.kind === "wiped"
    ? { kind: "extend", volume, extents: (has + ready) as Extents, room }
    : { kind: "zero_room", volume, room, from: state?.wiped ?? noBytes };
};

/** The volumes that only reserve and zero what others are to grow by. */
export const roomsOf = ({ logicalVolumes }: Pick<VolumeGroup, "logicalVolumes">): LogicalVolume[] =>
  logicalVolumes.filter(
    ({ visibility, tags }) => visibility === "public" && roomOf(tags) !== undefined,
  );

const nameLimit = 100;

/** What the room for a volume is called. */
export const roomNameOf = (volume: string): string => `${volume.slice(0, nameLimit)}.room`;
