import type { Output } from "@stowage/lvm";
import { recorded, saidOf } from "@stowage/lvm/testing";
import { z } from "zod";
import { failed, succeeded } from "../fake-command-line.ts";
import type { FakeDevice, FakeDisks } from "../fake-disks.ts";
import type { KernelDevice } from "./fake-kernel.ts";
import { kernelDeviceAt, kernelTree } from "./fake-kernel.ts";
import { isTable } from "./fake-names.ts";

/* lsblk of a fake node, on a host with udev. What it prints of a device was recorded from a blank disk. */

const list = z.object({ blockdevices: z.tuple([z.record(z.string(), z.unknown())]) });

const [blankRow] = list.parse(JSON.parse(recorded("lsblk/2.38.1-blank").stdout)).blockdevices;

/**
 * The tree of all devices, or of those at the paths. In the order of their numbers; what is named and
 * is built on another one that is named is listed twice.
 */
export const lsblk = (disks: FakeDisks, paths: readonly string[]): Output => {
  if (paths.length === 0) return printed(disks, kernelTree(disks));
  const asked = paths.map((path) => ({ path, found: kernelDeviceAt(disks, path) }));
  const found = asked.flatMap((each) => each.found ?? []);
  const stderr = asked
    .filter((each) => each.found === undefined && disks.present(each.path) === undefined)
    .map(({ path }) => saidOf("lsblk/2.38.1-missing", { "/dev/missing": path }).stderr)
    .join("");
  const exitCode = found.length === paths.length ? 0 : found.length === 0 ? 32 : 64;
  return { ...printed(disks, found), exitCode, stderr };
};

const printed = (disks: FakeDisks, found: readonly KernelDevice[]): Output => {
  const rows = found
    .toSorted((a, b) => a.number[0] - b.number[0] || a.number[1] - b.number[1])
    .map((each) => rowOf(disks, each));
  return succeeded(JSON.stringify({ blockdevices: rows }));
};

const rowOf = (disks: FakeDisks, found: KernelDevice): object => {
  const { name, kernelName, number, type, size, mountPoint, device, holders } = found;
  return {
    ...blankRow,
    name,
    kname: kernelName,
    "maj:min": number.join(":"),
    type,
    size,
    ro: device?.access === "read_only",
    rota: device?.rotational === true,
    rm: device?.removable === true,
    "log-sec": device?.sectorSize ?? 512,
    ...makeOf(device, type),
    mountpoint: mountPoint ?? null,
    pttype: device === undefined ? null : (tableOf(disks, device) ?? null),
    ...(holders.length === 0 ? {} : { children: holders.map((holder) => rowOf(disks, holder)) }),
  };
};

/** Of a partition the table that it is in; but device-mapper's partitions of a map show none. */
const tableOf = (disks: FakeDisks, device: FakeDevice): string | undefined => {
  const { partitionTable, type, signatures, path, disk = "" } = device;
  if (partitionTable !== undefined) return partitionTable;
  if (type !== "part") return signatures.find(isTable);
  const whole = path.startsWith("/dev/mapper/") ? undefined : disks.present(disk);
  return whole === undefined ? undefined : tableOf(disks, whole);
};

/** Its maker and its numbers: of a disk alone, but for the WWN, which partitions show too. */
const makeOf = (device: FakeDevice | undefined, type: string): object => {
  const { transport = "sata", vendor, model, serial, wwn } = device ?? {};
  const unknown = { tran: null, vendor: null, model: null, serial: null };
  return {
    ...(type === "disk"
      ? { tran: transport, vendor: vendor ?? null, model: model ?? null, serial: serial ?? null }
      : unknown),
    wwn: wwn ?? null,
  };
};

/** `lsblk --nodeps --pairs --output=NAME`: what the kernel calls the device that a path leads to. */
export const nameBehind = (disks: FakeDisks, [path = ""]: readonly string[]): Output => {
  const found = kernelDeviceAt(disks, path);
  return found === undefined
    ? { ...failed(`lsblk: ${path}: not a block device`, 1), exitCode: 32 }
    : succeeded(`NAME="${found.name.split("/").at(-1)}"`);
};
