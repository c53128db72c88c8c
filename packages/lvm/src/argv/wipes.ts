import type { Bytes } from "@stowage/capacity";
import type { Command } from "../command.ts";
import { groupLane, makingLane, wipeLane } from "../command.ts";
import { lvPath, success } from "./lvm-command.ts";

/**
 * Why a volume is overwritten: it is new, and nobody has had it yet, or it is condemned. No pod waits
 * for the second, so that each has its lane.
 */
export type WipePurpose = "new" | "condemned";

const laneFor: Record<WipePurpose, (volumeGroup: string) => string> = {
  new: makingLane,
  condemned: wipeLane,
};

/** As device-mapper names a volume: a dash in either name is doubled. Source: lvm(8). */
export const mappedName = (volumeGroup: string, volume: string): string =>
  [volumeGroup, volume].map((name) => name.replaceAll("-", "--")).join("-");

/**
 * Whether the path of a volume leads to that volume: what the kernel calls the device behind it. The
 * node below /dev may be older than the device, and lead to what has its number now.
 */
export const checkPath = (volumeGroup: string, volume: string, lane: string): Command => ({
  name: "lsblk --nodeps",
  file: "lsblk",
  args: ["--nodeps", "--pairs", "--output=NAME", `/dev/${lvPath(volumeGroup, volume)}`],
  access: "read",
  // 32: the path leads to no block device at all.
  answers: [0, 32],
  printsOr: { text: `NAME="${mappedName(volumeGroup, volume)}"`, code: "wrong_device" },
  lane,
});

/**
 * Erases every signature on a volume that holds nothing yet, at both its ends. Without --force:
 * wipefs refuses a device that is mounted or held.
 */
export const eraseSignatures = (volumeGroup: string, volume: string): Command => ({
  name: "wipefs",
  file: "wipefs",
  args: ["--all", "--quiet", `/dev/${lvPath(volumeGroup, volume)}`],
  access: "write",
  answers: success,
  lane: groupLane(volumeGroup),
});

/** Zero: every byte becomes zero, by the disk itself where it can. Discard: it may forget them. */
export type WipeMethod = "zero" | "discard";

/**
 * Wipes a part of a volume. Opened exclusively: it refuses what is mounted, and a part that an agent
 * before this one still wipes. Source: blkdiscard(8).
 */
export const wipePart = (
  volumeGroup: string,
  volume: string,
  method: WipeMethod,
  part: { readonly offset: Bytes; readonly length: Bytes },
  purpose: WipePurpose,
): Command => ({
  name: "blkdiscard",
  file: "blkdiscard",
  args: [
    ...(method === "zero" ? ["--zeroout"] : []),
    `--offset=${part.offset}`,
    `--length=${part.length}`,
    `/dev/${lvPath(volumeGroup, volume)}`,
  ],
  access: "write",
  answers: success,
  lane: laneFor[purpose](volumeGroup),
});

/**
 * Brings what was written to a volume from the disk's cache to the disk. In words that busybox's sync
 * knows too. Source: sync(1).
 */
export const flushVolume = (
  volumeGroup: string,
  volume: string,
  purpose: WipePurpose,
): Command => ({
  name: "sync",
  file: "sync",
  args: ["-d", `/dev/${lvPath(volumeGroup, volume)}`],
  access: "write",
  answers: success,
  lane: laneFor[purpose](volumeGroup),
});
