export {
  listLoops,
  listMounts,
  listOpenFiles,
  listPrograms,
  statFiles,
  statOpenFiles,
} from "./argv/device-users.ts";
export {
  checkErased,
  checkExclusive,
  checkUnused,
  compareWithZeros,
  deviceLinks,
  devicePlaces,
  endSize,
  eraseDevice,
  hostFilters,
  listSignatures,
  lsblk,
  statPaths,
} from "./argv/devices.ts";
export { mkfs } from "./argv/file-systems.ts";
export {
  vgchangeAddTags,
  vgcreate,
  vgextend,
  vgextendRestoreMissing,
  vgmknodes,
  vgreduce,
} from "./argv/groups.ts";
export { pvmove, pvremove, pvresize, setAllocation } from "./argv/physical-volumes.ts";
export { readSystemId, reportDevices, reportHost } from "./argv/reports.ts";
export type { NewVolume } from "./argv/volumes.ts";
export {
  lvchangeActivate,
  lvchangeRefresh,
  lvchangeTags,
  lvcreate,
  lvextend,
  lvextendTest,
  lvremove,
} from "./argv/volumes.ts";
export type { WipeMethod, WipePurpose } from "./argv/wipes.ts";
export { checkPath, eraseSignatures, flushVolume, mappedName, wipePart } from "./argv/wipes.ts";
export { withArchiveFallback } from "./archive-fallback.ts";
export type { BlockDevice, PathTarget, Signature } from "./block-devices.ts";
export {
  eachDevice,
  parseBlockDevices,
  parseLinks,
  parsePlaces,
  parseSignatures,
  parseTargets,
} from "./block-devices.ts";
export type { FileSeen, LoopDevice, MountSeen, OpenFile, Opener } from "./device-users.ts";
export {
  parseFiles,
  parseLoops,
  parseMounts,
  parseOpeners,
  parseOpenFiles,
  parsePrograms,
} from "./device-users.ts";
export type { HostFilters } from "./filters.ts";
export { isShutOut, parseFilters } from "./filters.ts";
export { runChecked } from "./checked.ts";
export type { Command, LvmRunner, Output } from "./command.ts";
export { formattingLane, groupLane, makingLane, wipeLane } from "./command.ts";
export type { LvmErrorCode } from "./errors.ts";
export { LvmError, lvmErrorOf, lvmErrors } from "./errors.ts";
export type { Dialect } from "./dialect.ts";
export { dialectOf, speak } from "./dialect.ts";
export type { HostFacts } from "./host-facts.ts";
export { readHostFacts } from "./host-facts.ts";
export type { Limits, Observe, ObserveLate, Outcome } from "./lanes.ts";
export { makeRunner } from "./lanes.ts";
export type { LogicalVolume, PhysicalVolume, Report, VolumeGroup } from "./report.ts";
export { isOnNode, parseReport, parseSystemId } from "./report.ts";
export type { Ended, HostMode, Running, Start } from "./run.ts";
export { startOn } from "./run.ts";
export { systemFolder } from "./system-folder.ts";
export type { VolumeIdentity } from "./tags.ts";
export {
  evacuatingTag,
  formattedTag,
  identityOf,
  managedTag,
  newTag,
  nodesOf,
  nodeTag,
  roomOf,
  roomTag,
  tagsFor,
} from "./tags.ts";
