import { expect, test } from "vitest";
import { kernelNameOf, linkOf } from "./disk-names.ts";
import type { DiskRecord } from "./state-folder.ts";

const disk = (unit: number, more: Partial<DiskRecord> = {}): DiskRecord => ({
  name: `disk${unit}`,
  unit,
  sizeBytes: 1024 ** 3,
  sectors: 512,
  partitions: 0,
  plugged: "in",
  ...more,
});

test("a disk's link has its node's name, but that of a shared disk is the same everywhere", () => {
  expect(linkOf("n1", disk(2))).toBe("/dev/disk/by-id/virtio-n1-disk2");
  expect(linkOf("n1", disk(2, { shared: "lun1" }))).toBe("/dev/disk/by-id/virtio-lun1");
  expect(linkOf("n2", disk(1, { shared: "lun1" }))).toBe("/dev/disk/by-id/virtio-lun1");
});

test("a SCSI disk has a world-wide name of LIO's, another one on each node", () => {
  const large = disk(1, { sectors: 4096 });
  expect(linkOf("n1", large)).toMatch(/^\/dev\/disk\/by-id\/wwn-0x6001405[\da-f]{25}$/);
  expect(linkOf("n1", large)).not.toBe(linkOf("n2", large));
});

test("kernel names of SCSI disks count such disks alone", () => {
  const all = [disk(1), disk(2, { sectors: 4096 }), disk(3), disk(4, { sectors: 4096 })];
  expect(all.map((one) => kernelNameOf(one, all))).toEqual([
    "/dev/ubdb",
    "/dev/sda",
    "/dev/ubdd",
    "/dev/sdb",
  ]);
});
