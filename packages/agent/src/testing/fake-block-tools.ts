import { dirname, relative } from "node:path";
import type { Output } from "@stowage/lvm";
import { saidOf } from "@stowage/lvm/testing";
import type { Parsed } from "./fake-command-line.ts";
import { failed, succeeded } from "./fake-command-line.ts";
import type { FakeDisks } from "./fake-disks.ts";
import { extentSize } from "./fake-disks.ts";
import { eachOf, isMounted, kernelDeviceAt, kernelTree, numberOf } from "./kernel/fake-kernel.ts";
import { kernelNameOf } from "./kernel/fake-names.ts";

/* stat, find, losetup, blkdiscard and mkfs of a fake node, in their own words. */

/** A recording of testdata/words, told of another path. */
const said = (name: string, instead: Readonly<Record<string, string>>): Output =>
  saidOf(`words/2.38.1-${name}`, instead);

/** What is at a path, where that is no block device. */
const otherFiles: ReadonlyMap<string, string> = new Map([
  ["/dev/null", "character special file|1:3"],
  ["/dev/disk", "directory|0:0"],
  ["/dev/disk/by-id", "directory|0:0"],
]);

export const hexadecimal = ([major, minor]: readonly [number, number]): string =>
  `${major.toString(16)}:${minor.toString(16)}`;

export const stat = (disks: FakeDisks, paths: readonly string[]): Output => {
  const lines: string[] = [];
  let stderr = "";
  for (const path of paths) {
    const what = fileAt(disks, path);
    if (what !== undefined) lines.push(`${path}|${what}\n`);
    else {
      const isBelow =
        isBlockDevice(disks, dirname(path)) ||
        otherFiles.get(dirname(path))?.startsWith("character") === true;
      stderr += `stat: cannot statx '${path}': ${isBelow ? "Not a directory" : "No such file or directory"}\n`;
    }
  }
  return { ...succeeded(lines.join("")), exitCode: stderr === "" ? 0 : 1, stderr };
};

const fileAt = (disks: FakeDisks, path: string): string | undefined => {
  const number = numberAt(disks, path);
  return number === undefined ? otherFiles.get(path) : `block special file|${hexadecimal(number)}`;
};

/** An unbound loop device has a number too. */
export const numberAt = (disks: FakeDisks, path: string): readonly [number, number] | undefined => {
  const device = disks.present(path);
  return device === undefined ? kernelDeviceAt(disks, path)?.number : numberOf(device);
};

const isBlockDevice = (disks: FakeDisks, path: string): boolean =>
  numberAt(disks, path) !== undefined;

/** `find /dev/disk -type l`: the links of udev, relative as udev makes them. */
export const links = (disks: FakeDisks): Output => {
  const lines = disks.devices
    .filter(({ presence }) => presence !== "missing")
    .flatMap((device) =>
      [...new Set([device.path, ...device.links])]
        .filter((link) => link.startsWith("/dev/disk/"))
        .map((link) => `${link}|${relative(dirname(link), kernelNameOf(device))}\n`),
    );
  return lines.length > 0
    ? succeeded(lines.join(""))
    : saidOf("find/no-folder", { "/dev/missing": "/dev/disk" });
};

export const wipe = (disks: FakeDisks, { options, operands: [path = ""] }: Parsed): Output => {
  const volume = disks.volumeAt(path);
  if (volume === undefined) {
    return said("blkdiscard-missing", { "/dev/fast/no-such-volume": path });
  }
  if (isMounted(volume)) return said("blkdiscard-mounted", { "/dev/fast/pvc-1": path });
  const offset = Number(options.get("offset")?.[0]);
  const length = Number(options.get("length")?.[0]);
  const to = offset + length;
  if (options.has("zeroout")) {
    disks.writeThrough(volume, "zero", { from: offset / extentSize, to: to / extentSize });
  }
  if (volume.link === "astray") return succeeded("");
  if (offset <= volume.wiped) volume.wiped = Math.max(volume.wiped, to);
  const isZero = [...disks.readableOn(volume)].every((mark) => mark === "zero");
  if (isZero && volume.content === "stale") volume.content = "clean";
  return succeeded("");
};

export const mkfs = (disks: FakeDisks, path: string): Output => {
  const volume = disks.volumeAt(path);
  if (volume === undefined) return said("mkfs-missing", { "/dev/fast/no-such-volume": path });
  if (isMounted(volume)) return said("mkfs-mounted", { "/dev/fast/pvc-1": path });
  disks.writeThrough(volume, "mkfs", { from: 0.5, to: 0.75 });
  if (volume.link !== "astray") volume.content = "formatted";
  return succeeded("");
};

/** cmp with zeros, at the first byte that is none. */
export const compare = (disks: FakeDisks, path: string): Output => {
  const device = disks.present(path);
  if (device === undefined) {
    return { ...failed(`cmp: ${path}: No such file or directory`, 1), exitCode: 2 };
  }
  return device.ends === "data"
    ? { ...succeeded(`${path} /dev/zero differ: char 4097, line 1`), exitCode: 1 }
    : succeeded("");
};

export const places = (disks: FakeDisks): Output =>
  succeeded(
    eachOf(kernelTree(disks))
      .map(({ kernelName, device }) => {
        const virtual = /^\/dev\/(dm-|loop|md)/.test(kernelName);
        const usual = virtual
          ? `../../devices/virtual/block${kernelName.slice("/dev".length)}`
          : "../../devices/pci0000:00/0000:00:04.0/block";
        return `${kernelName}|${device?.place ?? usual}`;
      })
      .join("\n"),
  );
