import type { Bytes } from "@stowage/capacity";
import { mib } from "@stowage/capacity";
import type { Command } from "../command.ts";
import { deviceLane, groupLane } from "../command.ts";
import { devicePath, signatureType } from "../names.ts";
import { success } from "./lvm-command.ts";

/**
 * What each path leads to. Exit code 1 says only that some path leads nowhere. In words that
 * busybox's stat knows too. Source: stat(1).
 */
export const statPaths = (volumeGroup: string, paths: readonly string[]): Command => ({
  name: "stat",
  file: "stat",
  args: ["-L", "-c", "%n|%F|%t:%T", "--", ...paths.map(devicePath)],
  access: "read",
  answers: [0, 1],
  lane: groupLane(volumeGroup),
});

/**
 * Size, mounts, holders and make of devices, from sysfs and udev; all devices without `paths`. What
 * is built on a device is listed below it only because NAME, the column of the tree, is asked for.
 * Exit code 64: some of `paths` are no devices that it lists, one of size 0 for instance; 32: none
 * is. Source: lsblk(8).
 */
export const lsblk = (volumeGroup: string, paths: readonly string[]): Command => ({
  name: "lsblk",
  file: "lsblk",
  args: [
    "--json",
    "--bytes",
    "--paths",
    "--output=NAME,KNAME,MAJ:MIN,TYPE,SIZE,RO,ROTA,RM,TRAN,VENDOR,MODEL,SERIAL,WWN,MOUNTPOINT,PTTYPE,LOG-SEC",
    ...paths.map(devicePath),
  ],
  access: "read",
  answers: [0, 32, 64],
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
 * The last look before a device is written: what wipefs would erase, found while it holds the device
 * exclusively (O_EXCL), so that a mount or another LVM makes it fail. It writes nothing.
 */
export const checkUnused = (volumeGroup: string, path: string): Command => ({
  ...checkExclusive(volumeGroup, path),
  silentOr: "device_signature",
});

/** Holds a device exclusively for a moment, whatever is on it: fails with the device busy if it is. */
export const checkExclusive = (volumeGroup: string, path: string): Command => ({
  name: "wipefs --all --no-act",
  file: "wipefs",
  args: ["--all", "--no-act", devicePath(path)],
  access: "read",
  answers: success,
  lane: groupLane(volumeGroup),
});

/**
 * Erases the signatures of a device that are of these types. What has come onto it meanwhile stays, if it
 * is anything else: the label of a volume group that another host has just made, above all.
 */
export const eraseDevice = (
  volumeGroup: string,
  path: string,
  types: readonly string[],
): Command => ({
  name: "wipefs",
  file: "wipefs",
  args: ["--all", "--quiet", `--types=${types.map(signatureType).join(",")}`, devicePath(path)],
  access: "write",
  answers: success,
  lane: groupLane(volumeGroup),
});

/**
 * What is left on a device that was erased, which must be nothing: wipefs passes over a partition
 * table inside a partition ("ignoring nested"), and ends with 0.
 */
export const checkErased = (volumeGroup: string, path: string): Command => ({
  name: "wipefs --noheadings",
  file: "wipefs",
  args: ["--no-act", "--noheadings", "--output=TYPE", devicePath(path)],
  access: "read",
  answers: success,
  silentOr: "device_not_erased",
  lane: groupLane(volumeGroup),
});

/** How much at each end of a disk must be zero for it to count as empty: all tables and labels lie there. */
export const endSize = mib(1);

/**
 * Compares a part of a device with zeros. Exit code 1: it differs. In this form busybox has it too.
 * Source: cmp(1).
 */
export const compareWithZeros = (
  path: string,
  part: { readonly offset: Bytes; readonly length: Bytes },
): Command => ({
  name: "cmp",
  file: "cmp",
  args: ["-n", `${part.length}`, devicePath(path), "/dev/zero", `${part.offset}`, "0"],
  access: "read",
  answers: [0, 1],
  lane: deviceLane(path),
});

/** Where each block device hangs in the kernel's tree of devices: `nvme0n1|../../devices/pci...`. */
export const devicePlaces = (volumeGroup: string): Command => ({
  name: "find places",
  file: "find",
  args: ["/sys/class/block", "-maxdepth", "1", "-type", "l", "-printf", "/dev/%f|%l\\n"],
  access: "read",
  answers: success,
  lane: groupLane(volumeGroup),
});

/** Which devices the host's LVM is told to keep its hands off. Source: lvm.conf(5), lvmconfig(8). */
export const hostFilters = (volumeGroup: string): Command => ({
  name: "lvmconfig",
  file: "lvm",
  args: ["lvmconfig", "--typeconfig=full", "devices/filter", "devices/global_filter"],
  access: "read",
  answers: success,
  lane: groupLane(volumeGroup),
});
