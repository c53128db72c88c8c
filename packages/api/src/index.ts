export type { ClassParameters } from "./class-parameters.ts";
export { parseClassParameters } from "./class-parameters.ts";
export type { Claim, ClaimSpec, VolumeMode } from "./core/claim.ts";
export { claims } from "./core/claim.ts";
export type { ClaimCondition, ClaimWithStatus } from "./core/claim-status.ts";
export { claimsWithStatus } from "./core/claim-status.ts";
export type { CsiStorageCapacity } from "./core/csi-storage-capacity.ts";
export { csiStorageCapacities } from "./core/csi-storage-capacity.ts";
export type { Node } from "./core/node.ts";
export { nodes } from "./core/node.ts";
export type { PersistentVolume } from "./core/persistent-volume.ts";
export { isOfStowage, madeFor, persistentVolumes } from "./core/persistent-volume.ts";
export type { Pod, PodPlacement } from "./core/pod.ts";
export { ephemeralClaimName, podPlacements, pods } from "./core/pod.ts";
export type { StorageClass } from "./core/storage-class.ts";
export { allowsNode, storageClasses } from "./core/storage-class.ts";
export { customResourceDefinition } from "./crd.ts";
export { groupOf } from "./group-of.ts";
export type { Rival } from "./shared-devices.ts";
export { describeRival, DeviceReports, physicalVolumesOf, withRival } from "./shared-devices.ts";
export { devicePathPattern, lvmNamePattern } from "./lvm-names.ts";
export type { FileSystem, FileSystemType } from "./mkfs-options.ts";
export { parseMkfsOptions } from "./mkfs-options.ts";
export type { Metadata } from "./metadata.ts";
export { isDeleting, keyOf } from "./metadata.ts";
export {
  agentPodLabels,
  annotations,
  apiGroup,
  apiVersion,
  claimUidOf,
  devicePathOf,
  groupLabels,
  hostnameLabel,
  labelValueOf,
  labels,
  nodeLocalStorageName,
  provisionerName,
  volumeFinalizer,
  volumeNameOf,
} from "./names.ts";
export type {
  ClaimReference,
  Condition,
  DeviceEntry,
  DeviceMatch,
  DeviceStatus,
  NodeLocalStorage,
  NodeLocalStorageSpec,
  NodeLocalStorageSpecWire,
  NodeLocalStorageStatus,
  NodeLocalStorageStatusWire,
  Orphan,
  VolumeEntry,
  VolumeEntryWire,
  VolumeStatus,
} from "./node-local-storage.ts";
export {
  deviceStates,
  nodeLocalStorages,
  progressReasons,
  volumeStates,
} from "./node-local-storage.ts";
export type { Resource } from "./resource.ts";
export { apiVersionOf } from "./resource.ts";
