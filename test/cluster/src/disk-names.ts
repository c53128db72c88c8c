import { createHash } from "node:crypto";
import type { DiskRecord } from "./state-folder.ts";
import { deviceOf } from "./user-mode-linux.ts";

/** LIO's part of the world-wide names of its disks. */
const lioPrefix = "6001405";
const serialDigits = 25;

/** The serial number of a disk, which udev's links are made of. One that nodes share has one. */
export const serialOf = (node: string, { name, sectors, shared }: DiskRecord): string => {
  const serial = shared ?? `${node}-${name}`;
  return sectors === 512
    ? serial
    : createHash("sha256").update(serial).digest("hex").slice(0, serialDigits);
};

/** A stable name below /dev/disk/by-id. */
export const linkOf = (node: string, disk: DiskRecord): string =>
  disk.sectors === 512
    ? `/dev/disk/by-id/virtio-${serialOf(node, disk)}`
    : `/dev/disk/by-id/wwn-0x${lioPrefix}${serialOf(node, disk)}`;

/** The kernel's name of one of a node's disks: /dev/ubdb by its unit, /dev/sda in order. */
export const kernelNameOf = (disk: DiskRecord, all: readonly DiskRecord[]): string => {
  if (disk.sectors === 512) return deviceOf(disk.unit);
  const before = all.filter(({ sectors, unit }) => sectors !== 512 && unit < disk.unit);
  return `/dev/sd${"abcdefghijklmnop".charAt(before.length)}`;
};
