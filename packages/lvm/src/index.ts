export type { NewVolume, WipeMethod } from "./argv.ts";
export {
  checkUnused,
  deviceLinks,
  eraseDevice,
  eraseSignatures,
  flushVolume,
  holdDevice,
  listSignatures,
  lsblk,
  lvchangeActivate,
  lvchangeRefresh,
  lvcreate,
  lvextend,
  lvremove,
  pvmove,
  pvremove,
  pvresize,
  releaseDevice,
  reportDevices,
  reportHost,
  statPaths,
  vgchangeAddTag,
  vgcreate,
  vgextend,
  vgextendRestoreMissing,
  vgmknodes,
  vgreduce,
  wipePart,
} from "./argv.ts";
export type { BlockDevice, PathTarget } from "./block-devices.ts";
export { parseBlockDevices, parseLinks, parseSignatures, parseTargets } from "./block-devices.ts";
export { runChecked } from "./checked.ts";
export type { Command, LvmRunner, Output } from "./command.ts";
export type { LvmErrorCode } from "./errors.ts";
export { LvmError, lvmErrors } from "./errors.ts";
export type { Limits, Observe, Outcome } from "./lanes.ts";
export { makeRunner } from "./lanes.ts";
export type { LogicalVolume, PhysicalVolume, Report, VolumeGroup } from "./report.ts";
export { parseReport } from "./report.ts";
export type { Ended, HostMode, Running, Start } from "./run.ts";
export { startOn } from "./run.ts";
export type { VolumeIdentity } from "./tags.ts";
export { evacuatingTag, identityOf, managedTag, tagsFor } from "./tags.ts";
