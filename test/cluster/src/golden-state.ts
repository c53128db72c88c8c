import { createHash } from "node:crypto";
import { readFile, mkdir, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { minutes } from "@stowage/clock";
import { execa } from "execa";
import type { BaseImage } from "./base-image.ts";
import { cached, cacheKey, exists } from "./cache-folder.ts";
import { command } from "./command.ts";
import { ClusterError } from "./errors.ts";
import type { Kernel } from "./kernel.ts";
import { runtimeFiles } from "./node-files.ts";
import { patiently } from "./patience.ts";
import { tailOf } from "./processes.ts";
import type { Progress } from "./progress.ts";
import { busyboxProgram, writeTestImages } from "./test-images.ts";
import { endOfConsole, machineArgv } from "./user-mode-linux.ts";

/** First process of the machine that unpacks, with the file that it reads. */
const importInit = path.join(import.meta.dirname, "import-init.sh");
const nodeRoot = path.join(import.meta.dirname, "node-root.sh");

/** How much a node's containers and images may take; sparse. */
const stateSize = 16 * 1024 ** 3;

const fileDigest = async (file: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(file))
    .digest("hex");

/**
 * The file system that every new node gets a copy of as ubda: containerd's folders with the test
 * images and `images` already unpacked, because unpacking takes a node many seconds. Made once by
 * booting a machine for it, kept in the cache.
 */
export const goldenState = async (
  progress: Progress,
  kernel: Kernel,
  binaries: string,
  images: readonly BaseImage[],
): Promise<string> => {
  const key = cacheKey(
    binaries,
    await fileDigest(importInit),
    await fileDigest(nodeRoot),
    await fileDigest(path.join(import.meta.dirname, "test-images.ts")),
    await fileDigest(busyboxProgram),
    JSON.stringify(runtimeFiles()),
    ...images.map((image) => image.key),
  );
  const folder = await cached("state", key, (unfinished) =>
    progress.stage("Unpacking images for the nodes (once)", async () => {
      const image = path.join(unfinished, "state.img");
      await writeFile(image, "");
      await truncate(image, stateSize);
      // One inode for 64 KiB: images hold few files, and every inode costs the machine its table.
      await command(["mkfs.ext4", "-q", "-F", "-i", "65536", "-J", "size=32", image]);
      await fill(unfinished, image, kernel, binaries, images);
    }),
  );
  return path.join(folder, "state.img");
};

const fill = async (
  folder: string,
  image: string,
  kernel: Kernel,
  binaries: string,
  images: readonly BaseImage[],
): Promise<void> => {
  const own = path.join(folder, "node");
  await mkdir(own);
  await writeTestImages(path.join(own, "test-images.tar"));
  for (const { key, archive } of images) {
    await command(["cp", "--reflink=auto", archive, path.join(own, `${key}.tar`)]);
  }
  for (const [name, text] of Object.entries(runtimeFiles())) {
    await writeFile(path.join(own, name), text);
  }
  const [file, ...args] = machineArgv(kernel, {
    name: "import",
    memory: "1536M",
    folder: path.join(folder, "uml"),
    disks: [{ unit: 0, file: image }],
    taps: [],
    init: importInit,
    environment: {
      stowage_folder: own,
      stowage_binaries: binaries,
      stowage_program: path.dirname(process.execPath),
    },
  });
  const console = path.join(folder, "console.log");
  await execa(file, args, {
    reject: false,
    stdin: "ignore",
    stdout: { file: console },
    stderr: { file: console },
    env: kernel.env,
    timeout: patiently(minutes(5)),
    forceKillAfterDelay: 1000,
  });
  if (!(await exists(path.join(own, "imported")))) {
    throw new ClusterError(
      "image_build_failed",
      `the images were not unpacked:\n${await endOfConsole(console)}\n${await tailOf(path.join(own, "containerd.log"))}`,
    );
  }
  await rm(own, { recursive: true });
  await rm(path.join(folder, "uml"), { recursive: true, force: true });
};
