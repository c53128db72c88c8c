import type { Bytes, Extents } from "@stowage/capacity";
import type { Command } from "./command.ts";
import { deviceLane, groupLane, hostLane, moveLane, wipeLane } from "./command.ts";
import { devicePath, extentCount, groupName, tag, volumeName } from "./names.ts";

/*
 * Every command that Stowage ever runs on a node. All are confined to the devices that they name
 * (lvm(8), --devices): a disk of another group that hangs cannot stop them, and a guest's LVM
 * inside a volume is never seen. The host's lvm.conf stays in force but for what stands here.
 */

/**
 * LVM keeps a copy of the metadata for every change, by default for at least 30 days: with many
 * volumes a day /etc/lvm/archive fills the disk. The newest 20 are what vgcfgrestore can need.
 */
const boundedArchive = "--config=backup{retain_days=0 retain_min=20}";

/**
 * LVM's own default of 1 MiB holds about 800 volumes with tags in the half that a change can use;
 * 4 MiB holds the 1000 that one object lists, and growth.
 */
const metadataSize = "--metadatasize=4m";

const success = [0];

const confinedTo = (devices: readonly string[]): string[] =>
  devices.length === 0 ? [] : [`--devices=${devices.map(devicePath).join(",")}`];

const write = (
  name: string,
  volumeGroup: string,
  devices: readonly string[],
  args: readonly string[],
): Command => ({
  name,
  file: "lvm",
  args: [name, ...confinedTo(devices), boundedArchive, ...args],
  access: "write",
  answers: success,
  lane: groupLane(volumeGroup),
});

const reportFields = {
  vg: "vg_name,vg_uuid,vg_size,vg_extent_size,vg_extent_count,vg_free_count,vg_attr,vg_missing_pv_count,vg_tags,vg_mda_free",
  pv: "pv_name,pv_uuid,pv_size,dev_size,pv_major,pv_minor,pv_attr,pv_missing,pv_duplicate,pv_pe_count,pv_pe_alloc_count,pe_start,pv_tags",
  lv: "lv_name,lv_path,lv_uuid,lv_size,lv_attr,lv_tags,lv_layout,lv_role,lv_active,lv_device_open,copy_percent,move_pv",
  pvseg: "pvseg_size",
  seg: "seg_size_pe",
};

const fullreport = (lane: string, args: readonly string[]): Command => ({
  name: "fullreport",
  file: "lvm",
  args: [
    "fullreport",
    "--reportformat=json",
    "--units=b",
    "--nosuffix",
    "--all",
    ...Object.entries(reportFields).flatMap(([report, fields]) => [
      `--configreport=${report}`,
      `--options=${fields}`,
    ]),
    ...args,
  ],
  access: "read",
  answers: success,
  lane,
});

/** All that LVM knows of these devices and of the groups on them. */
export const reportDevices = (volumeGroup: string, devices: readonly string[]): Command =>
  fullreport(groupLane(volumeGroup), confinedTo(devices));

/** All that LVM knows of any device of the host: waits for the slowest disk of all. */
export const reportHost = (): Command => fullreport(hostLane, []);

/**
 * Makes the group and its physical volumes. A device that holds any signature makes LVM ask, and
 * stdin is empty, so that it refuses: no --yes and no --force here.
 */
export const vgcreate = (
  volumeGroup: string,
  devices: readonly string[],
  tags: string[],
): Command =>
  write("vgcreate", volumeGroup, devices, [
    metadataSize,
    ...tags.map((text) => `--addtag=${tag(text)}`),
    groupName(volumeGroup),
    ...devices.map(devicePath),
  ]);

/** Adds clean devices to a group that already lies on `present`. Refuses as vgcreate does. */
export const vgextend = (
  volumeGroup: string,
  present: readonly string[],
  added: readonly string[],
): Command =>
  write(
    "vgextend",
    volumeGroup,
    [...present, ...added],
    [metadataSize, groupName(volumeGroup), ...added.map(devicePath)],
  );

export const vgchangeAddTag = (
  volumeGroup: string,
  devices: readonly string[],
  text: string,
): Command =>
  write("vgchange", volumeGroup, devices, [`--addtag=${tag(text)}`, groupName(volumeGroup)]);

/**
 * Keeps LVM from allocating on a device that is to be emptied, and marks it: what an admin holds
 * for reasons of his own is not given free again.
 */
export const holdDevice = (
  volumeGroup: string,
  devices: readonly string[],
  path: string,
  text: string,
): Command =>
  write("pvchange", volumeGroup, devices, [
    "--allocatable=n",
    `--addtag=${tag(text)}`,
    devicePath(path),
  ]);

/** Takes back what holdDevice did. */
export const releaseDevice = (
  volumeGroup: string,
  devices: readonly string[],
  path: string,
  text: string,
): Command =>
  write("pvchange", volumeGroup, devices, [
    "--allocatable=y",
    `--deltag=${tag(text)}`,
    devicePath(path),
  ]);

/**
 * Moves everything from one device to the group's others, while it is in use. Cut off, it goes on
 * where it was when it is started again. Source: pvmove(8).
 */
export const pvmove = (volumeGroup: string, devices: readonly string[], path: string): Command => ({
  ...write("pvmove", volumeGroup, devices, ["--interval=5", devicePath(path)]),
  access: "job",
  lane: moveLane(volumeGroup),
});

/** Takes an empty device out of the group; LVM refuses one that is not empty. */
export const vgreduce = (volumeGroup: string, devices: readonly string[], path: string): Command =>
  write("vgreduce", volumeGroup, devices, [groupName(volumeGroup), devicePath(path)]);

/** Takes LVM's label off a device that is part of no group; LVM refuses any other. */
export const pvremove = (volumeGroup: string, path: string): Command =>
  write("pvremove", volumeGroup, [path], [devicePath(path)]);

/** Lets the group have all of a device that grew. */
export const pvresize = (volumeGroup: string, devices: readonly string[], path: string): Command =>
  write("pvresize", volumeGroup, devices, [devicePath(path)]);

/** Takes a device back that was away while the group was changed. Source: vgextend(8). */
export const vgextendRestoreMissing = (
  volumeGroup: string,
  devices: readonly string[],
  path: string,
): Command =>
  write("vgextend", volumeGroup, devices, [
    "--restoremissing",
    groupName(volumeGroup),
    devicePath(path),
  ]);

/** Leads active volumes to their devices anew, for those may have come back under other numbers. */
export const lvchangeRefresh = (
  volumeGroup: string,
  volumes: readonly string[],
  devices: readonly string[],
): Command =>
  write("lvchange", volumeGroup, devices, [
    "--refresh",
    ...volumes.map((volume) => lvPath(volumeGroup, volume)),
  ]);

/** Makes the /dev links of active volumes that lack them. */
export const vgmknodes = (volumeGroup: string, devices: readonly string[]): Command =>
  write("vgmknodes", volumeGroup, devices, [groupName(volumeGroup)]);

export type NewVolume = {
  readonly volumeGroup: string;
  readonly volume: string;
  readonly extents: Extents;
  readonly tags: readonly string[];
};

/**
 * A thick volume, active. LVM erases what it finds of a former tenant's signatures, but not all: a
 * backup GPT in the last sector stays (2.03.16), and the kubelet would not format the volume.
 * eraseSignatures has to follow.
 */
export const lvcreate = (lv: NewVolume, devices: readonly string[]): Command =>
  write("lvcreate", lv.volumeGroup, devices, [
    "--yes",
    "--type=linear",
    "--wipesignatures=y",
    "--zero=y",
    `--extents=${extentCount(lv.extents)}`,
    `--name=${volumeName(lv.volume)}`,
    ...lv.tags.map((text) => `--addtag=${tag(text)}`),
    groupName(lv.volumeGroup),
  ]);

/** Grows a volume to `extents` in all; LVM refuses a number smaller than what it has. */
export const lvextend = (
  volumeGroup: string,
  volume: string,
  extents: Extents,
  devices: readonly string[],
): Command =>
  write("lvextend", volumeGroup, devices, [
    `--extents=${extentCount(extents)}`,
    lvPath(volumeGroup, volume),
  ]);

/** --yes answers the one question about an active volume; an open one is refused all the same. */
export const lvremove = (
  volumeGroup: string,
  volume: string,
  devices: readonly string[],
): Command => write("lvremove", volumeGroup, devices, ["--yes", lvPath(volumeGroup, volume)]);

/** Activates volumes that have all their devices. One that has not stops none of the others. */
export const lvchangeActivate = (
  volumeGroup: string,
  volumes: readonly string[],
  devices: readonly string[],
): Command =>
  write("lvchange", volumeGroup, devices, [
    "--activate=y",
    "--activationmode=complete",
    ...volumes.map((volume) => lvPath(volumeGroup, volume)),
  ]);

const lvPath = (volumeGroup: string, volume: string): string =>
  `${groupName(volumeGroup)}/${volumeName(volume)}`;

/** What each path leads to. Exit code 1 says only that some path leads nowhere. Source: stat(1). */
export const statPaths = (volumeGroup: string, paths: readonly string[]): Command => ({
  name: "stat",
  file: "stat",
  args: ["--dereference", "--format=%n|%F|%t:%T", "--", ...paths.map(devicePath)],
  access: "read",
  answers: [0, 1],
  lane: groupLane(volumeGroup),
});

/** Size, mounts, holders and make of devices, from sysfs and udev; all devices without `paths`.
 *  Source: lsblk(8). */
export const lsblk = (volumeGroup: string, paths: readonly string[]): Command => ({
  name: "lsblk",
  file: "lsblk",
  args: [
    "--json",
    "--bytes",
    "--paths",
    "--output=KNAME,MAJ:MIN,TYPE,SIZE,RO,ROTA,TRAN,MODEL,SERIAL,WWN,MOUNTPOINT,PTTYPE",
    ...paths.map(devicePath),
  ],
  access: "read",
  answers: success,
  lane: groupLane(volumeGroup),
});

/** Every name that udev gave to a disk. Exit code 1: there is no /dev/disk at all. */
export const deviceLinks = (volumeGroup: string): Command => ({
  name: "find",
  file: "find",
  args: ["/dev/disk", "-type", "l", "-printf", "%p|%l\\n"],
  access: "read",
  answers: [0, 1],
  lane: groupLane(volumeGroup),
});

/** Every signature on one device, at both its ends. Source: wipefs(8). */
export const listSignatures = (path: string): Command => ({
  name: "wipefs --no-act",
  file: "wipefs",
  args: ["--no-act", "--json", devicePath(path)],
  access: "read",
  answers: success,
  lane: deviceLane(path),
});

/**
 * Erases every signature on a volume that holds nothing yet, at both its ends. Without --force:
 * wipefs refuses a device that is mounted or held.
 */
export const eraseSignatures = (volumeGroup: string, volume: string): Command => ({
  name: "wipefs",
  file: "wipefs",
  args: ["--all", "--quiet", `/dev/${lvPath(volumeGroup, volume)}`],
  access: "write",
  answers: success,
  lane: groupLane(volumeGroup),
});

/**
 * The last look before a device is written: what wipefs would erase, found while it holds the device
 * exclusively (O_EXCL), so that a mount or another LVM makes it fail. It writes nothing.
 */
export const checkUnused = (volumeGroup: string, path: string): Command => ({
  name: "wipefs --all --no-act",
  file: "wipefs",
  args: ["--all", "--no-act", devicePath(path)],
  access: "read",
  answers: success,
  silentOr: "device_signature",
  lane: groupLane(volumeGroup),
});

/** Erases every signature of a device and of its partitions, which are named first. */
export const eraseDevice = (volumeGroup: string, paths: readonly string[]): Command => ({
  name: "wipefs",
  file: "wipefs",
  args: ["--all", "--quiet", ...paths.map(devicePath)],
  access: "write",
  answers: success,
  lane: groupLane(volumeGroup),
});

/** Zero: every byte becomes zero, by the disk itself where it can. Discard: it may forget them. */
export type WipeMethod = "zero" | "discard";

/**
 * Wipes a part of a volume. Opened exclusively: it refuses what is mounted, and a part that an agent
 * before this one still wipes. Source: blkdiscard(8).
 */
export const wipePart = (
  volumeGroup: string,
  volume: string,
  method: WipeMethod,
  part: { readonly offset: Bytes; readonly length: Bytes },
): Command => ({
  name: "blkdiscard",
  file: "blkdiscard",
  args: [
    ...(method === "zero" ? ["--zeroout"] : []),
    `--offset=${part.offset}`,
    `--length=${part.length}`,
    `/dev/${lvPath(volumeGroup, volume)}`,
  ],
  access: "write",
  answers: success,
  lane: wipeLane(volumeGroup),
});

/** Brings what was written to a volume from the disk's cache to the disk. Source: sync(1). */
export const flushVolume = (volumeGroup: string, volume: string): Command => ({
  name: "sync",
  file: "sync",
  args: ["--data", `/dev/${lvPath(volumeGroup, volume)}`],
  access: "write",
  answers: success,
  lane: wipeLane(volumeGroup),
});
