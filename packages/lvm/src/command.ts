import type { Milliseconds } from "@stowage/clock";
import type { LvmErrorCode } from "./errors.ts";

/**
 * A command as data: a file and its arguments, never a line for a shell.
 * Reads may be killed when they take too long. A write is never killed: half a change of LVM's
 * metadata is worse than a slow one. A job is a write that may take hours by its nature.
 */
export type Command = {
  /** What it is called in logs and metrics: "lvcreate", "fullreport". */
  readonly name: string;
  readonly file:
    | "lvm"
    | "lsblk"
    | "stat"
    | "find"
    | "losetup"
    | "cmp"
    | "wipefs"
    | "blkdiscard"
    | "sync"
    | "mkfs.ext4"
    | "mkfs.xfs"
    | "mkfs.btrfs";
  readonly args: readonly string[];
  /** Of its environment, what it alone needs. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly access: "read" | "write" | "job";
  /** Exit codes that are an answer and no failure. */
  readonly answers: readonly number[];
  /** What it must print when it ends well; without, it ends as a failure with the code. */
  readonly printsOr?: { readonly text: string; readonly code: LvmErrorCode };
  /**
   * What it finds, where it must find nothing: any word fails with this code. On stderr too: there
   * wipefs tells of a partition table inside a partition, which it passes over.
   */
  readonly silentOr?: LvmErrorCode;
  /**
   * Commands of one lane run one after another; a lane is a volume group, a device or the whole
   * host. A command that hangs closes its own lane only.
   */
  readonly lane: string;
};

export type Output = {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly duration: Milliseconds;
};

/**
 * Runs a command to its end, whatever its exit code.
 * @throws LvmError `lvm_timeout`, `lane_closed`, `command_missing`.
 */
export type LvmRunner = (command: Command) => Promise<Output>;

/** The lane of what concerns one volume group and its devices. */
export const groupLane = (volumeGroup: string): string => `group ${volumeGroup}`;

/** The lane of what reads a single device that belongs to no group yet. */
export const deviceLane = (path: string): string => `device ${path}`;

/**
 * The lane of what overwrites volumes of a group. Apart from the group's own: LVM works on, while a
 * volume that nobody uses any more is wiped.
 */
export const wipeLane = (volumeGroup: string): string => `wipe ${volumeGroup}`;

/**
 * The lane of what zeroes new volumes and makes file systems on them. Apart from that of wipes, so
 * that no pod waits for the end of a removal.
 */
export const makingLane = (volumeGroup: string): string => `make ${volumeGroup}`;

/** The lane of mkfs on one volume: one that hangs keeps no other from its file system. */
export const formattingLane = (volumeGroup: string, volume: string): string =>
  `format ${volumeGroup}/${volume}`;

/** The lane of what moves extents: pvmove lets go of LVM's lock while it copies. */
export const moveLane = (volumeGroup: string): string => `move ${volumeGroup}`;

/**
 * The lane of what looks for users of devices among all processes of the host: a process whose files
 * hang keeps new devices waiting, and no group that is there.
 */
export const usersLane = "users of devices";

/** The lane of what may touch every device of the host. */
export const hostLane = "host";
