import type { Bytes } from "@stowage/capacity";
import type { Command } from "../command.ts";
import { groupLane, wipeLane } from "../command.ts";
import { lvPath, success } from "./lvm-command.ts";

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
  lane: wipeLane(volumeGroup),
});

/**
 * Brings what was written to a volume from the disk's cache to the disk. In words that busybox's sync
 * knows too. Source: sync(1).
 */
export const flushVolume = (volumeGroup: string, volume: string): Command => ({
  name: "sync",
  file: "sync",
  args: ["-d", `/dev/${lvPath(volumeGroup, volume)}`],
  access: "write",
  answers: success,
  lane: wipeLane(volumeGroup),
});
