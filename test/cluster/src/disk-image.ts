import { mkdir, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { command } from "./command.ts";
import type { DiskRecord, Layout } from "./state-folder.ts";

/** The sparse file of the host that a disk is. */
export const imageOf = (paths: Layout, node: string, { name, shared }: DiskRecord): string =>
  shared === undefined ? paths.disk(node, name) : paths.sharedDisk(shared);

/** Makes the file of a new disk, unless it is another node's already: see shared-disks.ts. */
export const makeImage = async (paths: Layout, node: string, disk: DiskRecord): Promise<void> => {
  const file = imageOf(paths, node, disk);
  await mkdir(path.dirname(file), { recursive: true });
  try {
    await writeFile(file, "", { flag: "wx" });
  } catch (error) {
    const isThere = error instanceof Error && "code" in error && error.code === "EEXIST";
    if (isThere && disk.shared !== undefined) return;
    throw error;
  }
  await truncate(file, disk.sizeBytes);
  if (disk.partitions > 0) await partition(file, disk);
};

const mebibyte = 1024 ** 2;

/** A GPT with partitions of equal size, which leave room for the table at either end. */
const partition = async (file: string, { sizeBytes, partitions }: DiskRecord): Promise<void> => {
  const each = Math.floor((sizeBytes / mebibyte - 2) / partitions);
  const table = ["label: gpt", ...Array.from({ length: partitions }, () => `size=${each}MiB`)];
  await command(["sfdisk", "--quiet", file], { input: `${table.join("\n")}\n` });
};
