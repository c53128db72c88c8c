import { parseQuantity } from "@stowage/capacity";
import { z } from "zod";
import { ClusterError } from "./errors.ts";

/** What a disk is like. */
export const diskSpec = z.object({
  sizeBytes: z.int().nonnegative(),
  /** The logical sector size in bytes. */
  sectors: z.union([z.literal(512), z.literal(4096)]),
  /** How many partitions of equal size are on it; with 0 it has no table. */
  partitions: z.int().nonnegative(),
  /** Disks of different nodes that have this name in common are one. */
  shared: z.string().optional(),
});
export type DiskSpec = z.infer<typeof diskSpec>;

/** As many as user-mode Linux gives minor numbers to (UBD_SHIFT in arch/um/drivers/ubd_kern.c). */
const partitionLimit = 15;

/** A table and a partition of a MiB each, with what aligns them. */
const bytesOfTable = 2 * 1024 ** 2;

/** Such as the serial number of a virtio disk, which has at most 20 bytes. */
const sharedPattern = /^[a-z0-9][a-z0-9-]{0,19}$/;

const usage =
  "write SIZE[,sectors=512|4096][,partitions=N][,shared=NAME], such as 4Gi or 4Gi,partitions=2";

/**
 * Reads `4Gi`, `4Gi,sectors=4096`, `4Gi,partitions=2`, `4Gi,shared=lun1` or `0`.
 * @throws ClusterError `disk_spec_invalid`, also for what user-mode Linux cannot do.
 */
export const parseDiskSpec = (text: string): DiskSpec => {
  const refuse = (why: string): never => {
    throw new ClusterError("disk_spec_invalid", `the disk "${text}": ${why}`);
  };
  const [size = "", ...words] = text.split(",");
  const options = new Map<string, string>();
  for (const word of words) {
    const [key = "", value, ...more] = word.split("=");
    if (
      value === undefined ||
      more.length > 0 ||
      !["sectors", "partitions", "shared"].includes(key)
    ) {
      return refuse(`"${word}" is no property of a disk; ${usage}`);
    }
    if (options.has(key)) return refuse(`${key} is there twice`);
    options.set(key, value);
  }
  const spec = {
    sizeBytes: sizeOf(size, refuse),
    sectors: sectorsOf(options.get("sectors") ?? "512", refuse),
    partitions: partitionsOf(options.get("partitions") ?? "0", refuse),
    shared: options.get("shared"),
  };
  const why = whyImpossible(spec);
  return why === undefined ? spec : refuse(why);
};

type Refuse = (why: string) => never;

const sizeOf = (text: string, refuse: Refuse): number => {
  try {
    return parseQuantity(text);
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : String(error)}; ${usage}`);
  }
};

const sectorsOf = (text: string, refuse: Refuse): DiskSpec["sectors"] => {
  if (text === "512") return 512;
  if (text === "4096") return 4096;
  return refuse("sectors have 512 or 4096 bytes");
};

const partitionsOf = (text: string, refuse: Refuse): number =>
  /^[1-9]\d?$/.test(text) || text === "0"
    ? Number(text)
    : refuse("partitions takes a whole number, such as partitions=2");

const whyImpossible = ({
  sizeBytes,
  sectors,
  partitions,
  shared,
}: DiskSpec): string | undefined => {
  if (partitions > partitionLimit) {
    return `user-mode Linux knows at most ${partitionLimit} partitions of a disk`;
  }
  if (partitions > 0 && sizeBytes < bytesOfTable + partitions * bytesOfTable) {
    return `${partitions} partitions do not fit on it`;
  }
  if (shared !== undefined && !sharedPattern.test(shared)) {
    return `"${shared}" is no name of a shared disk: use up to 20 small letters, digits and dashes`;
  }
  if (sectors === 512) return undefined;
  if (shared !== undefined) {
    return "a disk with sectors of 4096 bytes cannot be shared: each node's kernel caches it for itself";
  }
  if (partitions > 0) {
    return "a disk with sectors of 4096 bytes cannot have partitions: sfdisk of Debian 12 writes tables for 512";
  }
  if (sizeBytes === 0)
    return "a disk with sectors of 4096 bytes cannot have the size 0: LIO refuses it";
  if (sizeBytes % sectors !== 0) return "its size is no multiple of its sectors'";
  return undefined;
};
