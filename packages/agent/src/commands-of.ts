import type { NodeLocalStorageSpec } from "@stowage/api";
import type { Command } from "@stowage/lvm";
import {
  checkErased,
  checkExclusive,
  checkUnused,
  eraseDevice,
  eraseSignatures,
  evacuatingTag,
  lvchangeActivate,
  lvchangeRefresh,
  lvcreate,
  lvextend,
  lvremove,
  managedTag,
  markFormatted,
  mkfs,
  nodeTag,
  pvremove,
  pvresize,
  setAllocation,
  tagsFor,
  vgchangeAddTags,
  vgcreate,
  vgextend,
  vgextendRestoreMissing,
  vgmknodes,
  vgreduce,
} from "@stowage/lvm";
import type { Action } from "./plan.ts";

/** Those that end soon, and before which nothing else is done to the group. */
export type ForegroundAction = Exclude<Action, { kind: "wipe_volume" | "move_extents" }>;

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
      return [eraseSignatures(volumeGroup, action.entry.name)];
    case "format_volume": {
      const { name } = action.entry;
      return [
        mkfs(volumeGroup, name, action.fileSystem),
        markFormatted(volumeGroup, name, present),
      ];
    }
    case "extend_volume":
      return [lvextend(volumeGroup, action.entry.name, action.extents, present)];
    case "create_volume": {
      const { name, claim } = action.entry;
      const tags = tagsFor({ volume: name, claim });
      return [
        lvcreate({ volumeGroup, volume: name, extents: action.extents, tags }, present),
        eraseSignatures(volumeGroup, name),
      ];
    }
  }
};

/**
 * All or nothing: the disk and each of its partitions is held exclusively once before the first of
 * them is written. Partitions are erased first, as nothing leads to them once the table is gone.
 */
const eraseAll = (
  volumeGroup: string,
  { path, known: { partitions } }: Action & { readonly kind: "erase_device" },
): Command[] => {
  const below = partitions.map((partition) => partition.path);
  return [
    ...[path, ...below].map((each) => checkExclusive(volumeGroup, each)),
    ...below.flatMap((each) => [eraseDevice(volumeGroup, [each]), checkErased(volumeGroup, each)]),
    eraseDevice(volumeGroup, [path]),
    checkErased(volumeGroup, path),
  ];
};
