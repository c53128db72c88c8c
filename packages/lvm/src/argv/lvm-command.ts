import type { Command } from "../command.ts";
import { groupLane } from "../command.ts";
import { devicePath, groupName, volumeName } from "../names.ts";

/*
 * Every command that Stowage ever runs on a node. All are confined to the devices that they name
 * (lvm(8), --devices): a disk of another group that hangs cannot stop them, and a guest's LVM
 * inside a volume is never seen. The host's lvm.conf stays in force but for what stands here.
 */

/**
 * LVM keeps a copy of the metadata for every change, by default for at least 30 days: with many
 * volumes a day /etc/lvm/archive fills the disk. The newest 20 are what vgcfgrestore can need.
 */
const boundedArchive = "--config=backup{retain_days=0 retain_min=20}";

/** The exit codes of a command that knows but one kind of success. */
export const success = [0];

/** Confined to these devices; the whole host without any. */
export const confinedTo = (devices: readonly string[]): string[] =>
  devices.length === 0 ? [] : [`--devices=${devices.map(devicePath).join(",")}`];

/** A command that changes LVM's metadata, in the lane of its group. */
export const lvmWrite = (
  name: string,
  volumeGroup: string,
  devices: readonly string[],
  args: readonly string[],
): Command => ({
  name,
  file: "lvm",
  args: [name, ...confinedTo(devices), boundedArchive, ...args],
  access: "write",
  answers: success,
  lane: groupLane(volumeGroup),
});

/** As LVM's commands name a volume. */
export const lvPath = (volumeGroup: string, volume: string): string =>
  `${groupName(volumeGroup)}/${volumeName(volume)}`;
