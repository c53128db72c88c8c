import { z } from "zod";
import { LvmError } from "./errors.ts";

/* What the commands of argv/device-users.ts print. */

/** A file that a process has open: the link to it, and the mount by which it was opened. */
export type OpenFile = { readonly link: string; readonly mount: string };

export const parseOpenFiles = (text: string): OpenFile[] =>
  text.split("\n").flatMap((line) => {
    const groups = /^(?<process>\/proc\/\d+)\/fdinfo\/(?<file>\d+):mnt_id:\s*(?<mount>\d+)$/.exec(
      line,
    )?.groups;
    if (groups === undefined) return [];
    const { process = "", file = "", mount = "" } = groups;
    return [{ link: `${process}/fd/${file}`, mount }];
  });

/** A process that has a block device open. */
export type Opener = { readonly process: number; readonly deviceNumber: string };

const openerLine =
  /^\/proc\/(?<process>\d+)\/fd\/\d+\|block special file\|(?<major>[0-9a-f]+):(?<minor>[0-9a-f]+)$/;

export const parseOpeners = (text: string): Opener[] =>
  text.split("\n").flatMap((line) => {
    const groups = openerLine.exec(line)?.groups;
    if (groups === undefined) return [];
    const { process = "", major = "", minor = "" } = groups;
    return [{ process: Number(process), deviceNumber: numberOf(major, minor) }];
  });

const numberOf = (major: string, minor: string): string =>
  `${Number.parseInt(major, 16)}:${Number.parseInt(minor, 16)}`;

/** The path of each process's program, in that process's own mount namespace. */
export const parsePrograms = (text: string): ReadonlyMap<number, string> =>
  new Map(
    text.split("\n").flatMap((line): [number, string][] => {
      const groups = /^\/proc\/(?<process>\d+)\/exe\|(?<program>.+)$/.exec(line)?.groups;
      return groups === undefined
        ? []
        : [[Number(groups["process"]), (groups["program"] ?? "").replace(/ \(deleted\)$/, "")]];
    }),
  );

/** A file by its inode and the device that it lies on, and what it leads to if it is a block device. */
export type FileSeen = {
  readonly path: string;
  /** "major:minor inode": two bind mounts of one device node share it. */
  readonly inode: string;
  readonly deviceNumber: string | undefined;
};

const fileLine =
  /^(?<path>[^|]+)\|(?<what>[^|]+)\|(?<major>[0-9a-f]+):(?<minor>[0-9a-f]+)\|(?<on>\d+)\|(?<inode>\d+)$/;

export const parseFiles = (text: string): FileSeen[] =>
  text.split("\n").flatMap((line) => {
    const groups = fileLine.exec(line)?.groups;
    if (groups === undefined) return [];
    const { path = "", what = "", major = "", minor = "", on = "", inode = "" } = groups;
    return [
      {
        path,
        inode: `${split(BigInt(on))} ${inode}`,
        deviceNumber: what === "block special file" ? numberOf(major, minor) : undefined,
      },
    ];
  });

/** Source: makedev(3), as the C library packs the two. */
const split = (packed: bigint): string => {
  const major = ((packed >> 8n) & 0xfffn) | ((packed >> 32n) & ~0xfffn);
  const minor = (packed & 0xffn) | ((packed >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
};

/** A loop device, and the file or device that it is set up over. */
export type LoopDevice = {
  readonly name: string;
  readonly file: string;
  /** As in FileSeen. */
  readonly inode: string;
};

const word = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => `${value ?? ""}`.trim());

const loops = z.object({
  loopdevices: z.array(
    z.object({ name: z.string(), "back-file": word, "back-ino": word, "back-maj:min": word }),
  ),
});

/** @throws LvmError `report_invalid` */
export const parseLoops = (text: string): LoopDevice[] => {
  // Without any loop device, some versions print nothing at all.
  if (text.trim() === "") return [];
  try {
    return loops.parse(JSON.parse(text)).loopdevices.map((loop) => ({
      name: loop.name,
      file: loop["back-file"].replace(/ \(deleted\)$/, ""),
      inode: `${loop["back-maj:min"]} ${loop["back-ino"]}`,
    }));
  } catch (error) {
    throw new LvmError("report_invalid", {
      command: "losetup",
      detail: String(error),
      cause: error,
    });
  }
};

/** A mount in the mount namespace of a process. */
export type MountSeen = {
  readonly process: number;
  /** As the kernel calls it, in whatever mount namespace. */
  readonly id: string;
  /** Whether a device can be opened by its node there (mount option nodev). */
  readonly deviceNodes: "served" | "refused";
  /** Of the mounted file system. */
  readonly deviceNumber: string;
  /** What of the file system is mounted: "/" is all of it, "/sdb" the node of a disk in devtmpfs. */
  readonly root: string;
  readonly place: string;
  readonly fileSystem: string;
  readonly source: string;
};

const mountLine =
  /^\/proc\/(?<process>\d+)\/mountinfo:(?<id>\d+) \d+ (?<number>\d+:\d+) (?<root>\S+) (?<place>\S+) (?<options>\S+) .*?- (?<type>\S+) (?<source>\S+)/;

export const parseMounts = (text: string): MountSeen[] =>
  text.split("\n").flatMap((line) => {
    const groups = mountLine.exec(line)?.groups;
    if (groups === undefined) return [];
    const { process, id = "", number = "", root = "", place = "", type = "" } = groups;
    const { options = "", source = "" } = groups;
    return [
      {
        process: Number(process),
        id,
        deviceNodes: options.split(",").includes("nodev") ? "refused" : "served",
        deviceNumber: number,
        root: unescaped(root),
        place: unescaped(place),
        fileSystem: type,
        source: unescaped(source),
      },
    ];
  });

/** Blanks and backslashes stand there as octal numbers. Source: proc(5). */
const unescaped = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCodePoint(Number.parseInt(octal, 8)),
  );
