import type { Extents } from "@stowage/capacity";
import type { Command } from "../command.ts";
import { extentCount, groupName, tag, volumeName } from "../names.ts";
import { lvmWrite, lvPath } from "./lvm-command.ts";

export type NewVolume = {
  readonly volumeGroup: string;
  readonly volume: string;
  readonly extents: Extents;
  readonly tags: readonly string[];
};

/**
 * A thick volume, active. LVM erases what it finds of a former tenant's signatures, but not all: a
 * backup GPT in the last sector stays (2.03.16), and the kubelet would not format the volume.
 * eraseSignatures has to follow.
 */
export const lvcreate = (lv: NewVolume, devices: readonly string[]): Command =>
  lvmWrite("lvcreate", lv.volumeGroup, devices, [
    "--yes",
    "--type=linear",
    "--wipesignatures=y",
    "--zero=y",
    `--extents=${extentCount(lv.extents)}`,
    `--name=${volumeName(lv.volume)}`,
    ...lv.tags.map((text) => `--addtag=${tag(text)}`),
    groupName(lv.volumeGroup),
  ]);

/** Grows a volume to `extents` in all; LVM refuses a number smaller than what it has. */
export const lvextend = (
  volumeGroup: string,
  volume: string,
  extents: Extents,
  devices: readonly string[],
): Command =>
  lvmWrite("lvextend", volumeGroup, devices, [
    `--extents=${extentCount(extents)}`,
    lvPath(volumeGroup, volume),
  ]);

/** --yes answers the one question about an active volume; an open one is refused all the same. */
export const lvremove = (
  volumeGroup: string,
  volume: string,
  devices: readonly string[],
): Command => lvmWrite("lvremove", volumeGroup, devices, ["--yes", lvPath(volumeGroup, volume)]);

/** Activates volumes that have all their devices. One that has not stops none of the others. */
export const lvchangeActivate = (
  volumeGroup: string,
  volumes: readonly string[],
  devices: readonly string[],
): Command =>
  lvmWrite("lvchange", volumeGroup, devices, [
    "--activate=y",
    "--activationmode=complete",
    ...volumes.map((volume) => lvPath(volumeGroup, volume)),
  ]);

/** Leads active volumes to their devices anew, for those may have come back under other numbers. */
export const lvchangeRefresh = (
  volumeGroup: string,
  volumes: readonly string[],
  devices: readonly string[],
): Command =>
  lvmWrite("lvchange", volumeGroup, devices, [
    "--refresh",
    ...volumes.map((volume) => lvPath(volumeGroup, volume)),
  ]);
