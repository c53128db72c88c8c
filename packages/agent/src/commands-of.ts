import type { NodeLocalStorageSpec } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { bytes, mib, noBytes, subtract } from "@stowage/capacity";
import type { Command } from "@stowage/lvm";
import {
  checkErased,
  checkExclusive,
  checkPath,
  checkUnused,
  eraseDevice,
  eraseSignatures,
  evacuatingTag,
  groupLane,
  lvchangeActivate,
  lvchangeRefresh,
  lvchangeTags,
  lvcreate,
  lvextend,
  lvextendTest,
  lvremove,
  managedTag,
  newTag,
  nodeTag,
  pvremove,
  pvresize,
  roomTag,
  setAllocation,
  tagsFor,
  vgchangeAddTags,
  vgcreate,
  vgextend,
  vgextendRestoreMissing,
  vgmknodes,
  vgreduce,
  wipePart,
} from "@stowage/lvm";
import { roomNameOf } from "./judge-growth.ts";
import type { Action, BackgroundKind } from "./plan.ts";

/** Those that end soon, and before which nothing else is done to the group. */
export type ForegroundAction = Exclude<Action, { kind: BackgroundKind }>;

/**
 * The commands for an action, one after another; `present` are the devices on which the group lies.
 * @throws LvmError `lvm_bad_name`
 */
export const commandsOf = (
  { volumeGroup, nodeName }: NodeLocalStorageSpec,
  present: readonly string[],
  action: ForegroundAction,
): Command[] => {
  switch (action.kind) {
    case "erase_device":
      return eraseAll(volumeGroup, action);
    case "create_group":
    case "extend_group": {
      const { path, label } = action;
      return [
        ...(label === "none" ? [checkUnused(volumeGroup, path)] : []),
        action.kind === "create_group"
          ? vgcreate(volumeGroup, [path], [managedTag, nodeTag(nodeName)])
          : vgextend(volumeGroup, present, [path]),
      ];
    }
    case "restore_device":
      return [vgextendRestoreMissing(volumeGroup, [...present, action.path], action.path)];
    case "refresh_volumes":
      return [lvchangeRefresh(volumeGroup, action.volumes, present)];
    case "resize_device":
      return [pvresize(volumeGroup, present, action.path)];
    case "hold_device":
      return [setAllocation(volumeGroup, present, action.path, "held", evacuatingTag)];
    case "release_device":
      return [setAllocation(volumeGroup, present, action.path, "allocatable", evacuatingTag)];
    case "reduce_group":
      return [vgreduce(volumeGroup, present, action.path), pvremove(volumeGroup, action.path)];
    case "unlabel_device":
      return [pvremove(volumeGroup, action.path)];
    case "mark_group":
      return [vgchangeAddTags(volumeGroup, present, action.tags)];
    case "activate_volumes":
      return [lvchangeActivate(volumeGroup, action.volumes, present)];
    case "make_nodes":
      return [vgmknodes(volumeGroup, present)];
    case "remove_volume":
      return [lvremove(volumeGroup, action.entry.name, present)];
    case "clean_volume":
      return cleaning(volumeGroup, action.entry.name, action.size);
    case "mark_volume":
      return [lvchangeTags(volumeGroup, action.entry.name, present, action)];
    case "make_room": {
      const { name } = action.entry;
      const room = roomNameOf(name);
      return [
        // What LVM would refuse in the end is not zeroed for.
        lvextendTest(volumeGroup, name, action.extents, present),
        lvcreate(
          { volumeGroup, volume: room, extents: action.more, tags: [roomTag(name)] },
          present,
        ),
      ];
    }
    case "remove_room":
      return [lvremove(volumeGroup, action.room, present)];
    case "extend_volume": {
      const { entry, extents, room } = action;
      return room === undefined
        ? [lvextend(volumeGroup, entry.name, extents, present)]
        : [
            lvremove(volumeGroup, room.name, present),
            lvextend(volumeGroup, entry.name, extents, present, room.extentRanges),
          ];
    }
    case "create_volume": {
      const { name, claim } = action.entry;
      const tags = [...tagsFor({ volume: name, claim }), newTag];
      return [lvcreate({ volumeGroup, volume: name, extents: action.extents, tags }, present)];
    }
  }
};

/**
 * All or nothing: the disk and each of its partitions is held exclusively once before the first of
 * them is written. Partitions are erased first, as nothing leads to them once the table is gone.
 */
const eraseAll = (
  volumeGroup: string,
  { path, known: { partitions }, types }: Action & { readonly kind: "erase_device" },
): Command[] => {
  const below = partitions.map((partition) => partition.path);
  return [
    ...[path, ...below].map((each) => checkExclusive(volumeGroup, each)),
    ...[...below, path].flatMap((each) => [
      eraseDevice(volumeGroup, each, types),
      checkErased(volumeGroup, each),
    ]),
  ];
};

/**
 * Where blkid looks for most of what it knows, and where a newer one than the node's may find more:
 * backup partition tables, superblocks of RAID and of pools.
 */
const edge = mib(1);

const cleaning = (volumeGroup: string, volume: string, size: Bytes): Command[] => {
  const length = bytes(Math.min(edge, size));
  const ends = size > edge ? [noBytes, subtract(size, length)] : [noBytes];
  return [
    checkPath(volumeGroup, volume, groupLane(volumeGroup)),
    eraseSignatures(volumeGroup, volume),
    ...ends.map((offset) => wipePart(volumeGroup, volume, "zero", { offset, length }, "new")),
  ];
};
