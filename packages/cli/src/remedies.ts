/*
 * What to do about each reason that a NodeLocalStorage's status can show, as
 * docs/node-local-storage.md has it; a test keeps the two in step.
 */

export const deviceRemedies: Readonly<Record<string, string>> = {
  Duplicate: "List it once.",
  DuplicateId: "Name the multipath device, or take one of the two out.",
  GroupNotSeen: "Make its group visible (system ID, lvmlockd, filter), or take it out.",
  Holder: "Name what is built on it instead.",
  InOtherGroup: "Free it with `vgreduce` and `pvremove`, or take it out.",
  Mounted: "Unmount it, or take it out.",
  NotABlockDevice: "Name a disk or a partition.",
  OtherHost: "Take it out, or see `lvmsystemid(7)`.",
  OtherNode: "Take it out, or hand the group over: operations.md.",
  PartitionTable: "Name a partition, erase it, or say `wipe: true`.",
  ReadOnly: "Take it out; of a group: `vgchange --permission rw`.",
  SharedGroup: "Take it out.",
  Signature: "Erase it with `wipefs --all`, say `wipe: true`, or take it out.",
  Swap: "`swapoff`, or take it out.",
  TooSmall: "Use a larger one.",
  Unreadable: "Look into `dmesg`.",
  NotAdded: "See the group's Ready condition.",
  NotErased: "Wait.",
  NotFound: "Connect it.",
  NotInSpec: "Name it again, or name it with `evacuate: true`.",
  NotEvacuated: "See the group's Ready condition.",
  Evacuating: "Wait; the message shows how far it is.",
  Evacuated: "Take it out of spec.devices.",
  LastDevice: "Add another device first.",
  PathMoved: "Name it by `/dev/disk/by-id`.",
  Shrunk: "Give it its size back.",
};

export const groupRemedies: Readonly<Record<string, string>> = {
  GroupReady: "",
  AllInUse: "",
  MetadataFull: "Remove volumes; removals still pass.",
  NotInVolumeList: "Name the group in `volume_list` of the node's lvm.conf.",
  GroupPending: "Wait.",
  GroupNotMade: "Do what the message says.",
  GroupMissing: "Make it with `vgcreate`, or name devices.",
  NoUsableDevice: "See status.devices.",
  DevicesMissing: "Bring it back. Stowage never drops it.",
  DuplicateName: "Rename one by its UUID: `vgrename`.",
  Exported: "`vgimport`",
  NotOurs: "Name all its devices, or none to use it as it is.",
  OtherHost: "See `lvmsystemid(7)`.",
  OtherNode: "Hand it over: operations.md.",
  SharedGroup: "Give the node a group of its own.",
  ScanFailed: "Do what the message says.",
  WrongName: "Make it anew under the right name.",
};

export const volumeRemedies: Readonly<Record<string, string>> = {
  InUse: "The message names who; it goes by itself once nobody has.",
  Wiping: "Wait; its room is free when that is done.",
  NoSpace: "Remove volumes or add a device.",
  NameTaken: "Rename that with `lvrename`, or remove it.",
  MetadataFull: "Remove volumes; removals still pass.",
  NotInVolumeList: "Name the group in `volume_list` of the node's lvm.conf.",
  Missing: "Bring back the disk that held it, or delete the claim.",
};
