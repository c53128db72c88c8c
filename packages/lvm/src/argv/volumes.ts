import type { Extents } from "@stowage/capacity";
import type { Command } from "../command.ts";
import { extentCount, extentRange, groupName, tag, volumeName } from "../names.ts";
import { lvmWrite, lvPath } from "./lvm-command.ts";

export type NewVolume = {
  readonly volumeGroup: string;
  readonly volume: string;
  readonly extents: Extents;
  readonly tags: readonly string[];
};

/**
 * A thick volume, active. LVM commits it, with its tags, before it erases signatures, and then not
 * all of them: a backup GPT in the last sector stays (2.03.16), and the kubelet would not format the
 * volume. So a new volume is unclean, whatever became of the command.
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

/**
 * Grows a volume to `extents` in all; LVM refuses a number smaller than what it has. With `onto` it
 * takes these extents, "/dev/sda:0-24", and no others.
 */
export const lvextend = (
  volumeGroup: string,
  volume: string,
  extents: Extents,
  devices: readonly string[],
  onto: readonly string[] = [],
): Command =>
  lvmWrite("lvextend", volumeGroup, devices, [
    `--extents=${extentCount(extents)}`,
    lvPath(volumeGroup, volume),
    ...onto.map(extentRange),
  ]);

/** Asks LVM whether it would grow a volume, and changes nothing. */
export const lvextendTest = (
  volumeGroup: string,
  volume: string,
  extents: Extents,
  devices: readonly string[],
): Command =>
  lvmWrite("lvextend", volumeGroup, devices, [
    "--test",
    `--extents=${extentCount(extents)}`,
    lvPath(volumeGroup, volume),
  ]);

/**
 * --yes answers the one question about an active volume; an open one is refused all the same. But it
 * answers the question about snapshots too, and of an inactive origin LVM does not even ask (2.03.16).
 * So LVM itself selects, while it holds the group's lock: a volume is removed only while nothing is
 * built on it. One that is not selected is a success for LVM that prints nothing.
 * Never with discards (lvm.conf, issue_discards): LVM would hold the lock for as long as the disk
 * takes, and what was zeroed is not to be forgotten.
 */
export const lvremove = (
  volumeGroup: string,
  volume: string,
  devices: readonly string[],
): Command => ({
  ...lvmWrite(
    "lvremove",
    volumeGroup,
    devices,
    ["--yes", `--select=lv_attr=~"^-"`, lvPath(volumeGroup, volume)],
    "devices{issue_discards=0}",
  ),
  printsOr: { text: "successfully removed", code: "has_dependants" },
});

/**
 * Takes tags off a volume and puts others on, in one change of the metadata. What is handed out rests
 * on it without another look, so that LVM has to say that it did it.
 */
export const lvchangeTags = (
  volumeGroup: string,
  volume: string,
  devices: readonly string[],
  tags: { readonly off: readonly string[]; readonly on: readonly string[] },
): Command => ({
  ...lvmWrite("lvchange", volumeGroup, devices, [
    ...tags.off.map((text) => `--deltag=${tag(text)}`),
    ...tags.on.map((text) => `--addtag=${tag(text)}`),
    lvPath(volumeGroup, volume),
  ]),
  printsOr: { text: "changed", code: "no_effect" },
});

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
