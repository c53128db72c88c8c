import { dirname, resolve } from "node:path";
import type { Bytes } from "@stowage/capacity";
import { bytes } from "@stowage/capacity";
import { z } from "zod";
import { LvmError } from "./errors.ts";

/** A block device as the kernel shows it: `lsblk --json --bytes --paths`. */
export type BlockDevice = {
  readonly kernelName: string;
  /** What device-mapper calls it; of others the kernel's name. */
  readonly name: string;
  /** "major:minor" */
  readonly deviceNumber: string;
  /** "disk", "part", "lvm", "crypt", "mpath", "raid1", "loop", "rom", ... */
  readonly type: string;
  readonly size: Bytes;
  readonly access: "read_write" | "read_only";
  readonly rotation: "rotational" | "solid";
  readonly removal: "fixed" | "removable";
  /** The least that can be written at once; LVM does not mix sizes in one group. */
  readonly sectorSize: Bytes;
  /** "nvme", "sata", "sas", "virtio", ...; undefined where the kernel does not say. */
  readonly transport: string | undefined;
  readonly vendor: string | undefined;
  readonly model: string | undefined;
  /** What the maker gave to this disk alone: its WWN, or else its serial number. */
  readonly serial: string | undefined;
  /** Where it is mounted; "[SWAP]" for swap in use. */
  readonly mountPoint: string | undefined;
  readonly partitionTable: string | undefined;
  /** What is built on it: partitions, logical volumes, ciphers, multipath maps. */
  readonly holders: readonly BlockDevice[];
};

const flag = z.union([z.boolean(), z.enum(["0", "1"]).transform((text) => text === "1")]);

/** util-linux before 2.33 prints numbers as text. */
const count = z.union([
  z.number().int().nonnegative(),
  z.string().regex(/^\d+$/).transform(Number),
]);

/** Makers pad these with blanks. */
const label = z
  .string()
  .nullish()
  .transform((text) => {
    const trimmed = text?.trim() ?? "";
    return trimmed === "" ? undefined : trimmed;
  });

const row = z.object({
  name: z.string().optional(),
  kname: z.string(),
  "maj:min": z.string().transform((text) => text.trim()),
  type: z.string(),
  size: count,
  ro: flag,
  rota: flag,
  rm: flag,
  "log-sec": count,
  tran: label,
  vendor: label,
  model: label,
  serial: label,
  wwn: label,
  mountpoint: z.string().nullable(),
  pttype: z.string().nullish(),
  get children() {
    return z.array(row).optional();
  },
});

const output = z.object({ blockdevices: z.array(row) });

/**
 * The devices that were asked for, each with what is built on it. None of them is listed twice, but
 * what lies on two of them, as a multipath map does, is a holder of both.
 * @throws LvmError `report_invalid`
 */
export const parseBlockDevices = (text: string): BlockDevice[] => {
  // Where none of the paths asked for is listed, some versions print nothing at all.
  if (text.trim() === "") return [];
  try {
    return output.parse(JSON.parse(text)).blockdevices.map(blockDevice);
  } catch (error) {
    throw new LvmError("report_invalid", { command: "lsblk", detail: String(error), cause: error });
  }
};

const blockDevice = (device: z.output<typeof row>): BlockDevice => ({
  kernelName: device.kname,
  name: device.name ?? device.kname,
  deviceNumber: device["maj:min"],
  type: device.type,
  size: bytes(device.size),
  access: device.ro ? "read_only" : "read_write",
  rotation: device.rota ? "rotational" : "solid",
  removal: device.rm ? "removable" : "fixed",
  sectorSize: bytes(device["log-sec"]),
  transport: device.tran,
  vendor: device.vendor,
  model: device.model,
  serial: device.wwn ?? device.serial,
  mountPoint: device.mountpoint ?? undefined,
  partitionTable: device.pttype ?? undefined,
  holders: (device.children ?? []).map(blockDevice),
});

/** Each of the devices and each of what is built on them, once. */
export const eachDevice = (devices: readonly BlockDevice[]): BlockDevice[] => {
  const all = new Map<string, BlockDevice>();
  const visit = (device: BlockDevice): void => {
    if (all.has(device.deviceNumber)) return;
    all.set(device.deviceNumber, device);
    for (const holder of device.holders) visit(holder);
  };
  for (const device of devices) visit(device);
  return [...all.values()];
};

/** What a path leads to: `stat --dereference --format '%n|%F|%t:%T'`. */
export type PathTarget =
  | { readonly kind: "block_device"; readonly deviceNumber: string }
  | { readonly kind: "other"; readonly what: string };

const statLine = /^(?<path>[^|]+)\|(?<what>[^|]+)\|(?<major>[0-9a-f]+):(?<minor>[0-9a-f]+)$/;

/** Paths that lead nowhere are not in the answer. */
export const parseTargets = (text: string): ReadonlyMap<string, PathTarget> => {
  const targets = new Map<string, PathTarget>();
  for (const line of text.split("\n")) {
    const groups = statLine.exec(line)?.groups;
    if (groups === undefined) continue;
    const { path = "", what = "", major = "", minor = "" } = groups;
    targets.set(
      path,
      what === "block special file"
        ? {
            kind: "block_device",
            deviceNumber: `${Number.parseInt(major, 16)}:${Number.parseInt(minor, 16)}`,
          }
        : { kind: "other", what },
    );
  }
  return targets;
};

/** The names of each device: `find /dev/disk -type l -printf '%p|%l\\n'`, by the device's own path. */
export const parseLinks = (text: string): ReadonlyMap<string, readonly string[]> => {
  const names = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [link, target] = line.split("|");
    if (link === undefined || target === undefined) continue;
    const device = resolve(dirname(link), target);
    names.set(device, [...(names.get(device) ?? []), link]);
  }
  return names;
};

/** Where each device hangs in the kernel's tree, by its kernel name: `find /sys/class/block`. */
export const parsePlaces = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split("\n").flatMap((line): [string, string][] => {
      const [device, place] = line.split("|");
      return device === undefined || place === undefined ? [] : [[device, place]];
    }),
  );

/** What is written on a device: "ext4", "gpt", "LVM2_member". */
export type Signature = {
  readonly type: string;
  /** Of the file system, the partition table, the array. Of LVM2_member the physical volume's UUID, as LVM itself writes it. */
  readonly uuid: string | undefined;
};

const signatures = z.object({
  signatures: z.array(z.object({ type: z.string(), uuid: label })),
});

/** The signatures on a device, at both its ends: `wipefs --no-act --json`.
 *  @throws LvmError `report_invalid` */
export const parseSignatures = (text: string): Signature[] => {
  // util-linux before 2.37 prints nothing at all for a clean device.
  if (text.trim() === "") return [];
  try {
    return signatures.parse(JSON.parse(text)).signatures.map(({ type, uuid }) => ({ type, uuid }));
  } catch (error) {
    throw new LvmError("report_invalid", {
      command: "wipefs",
      detail: String(error),
      cause: error,
    });
  }
};
