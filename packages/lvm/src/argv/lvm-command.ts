import type { Command } from "../command.ts";
import { groupLane } from "../command.ts";
import { LvmError } from "../errors.ts";
import { devicePath, groupName, volumeName } from "../names.ts";

/*
 * Every LVM command that Stowage ever runs on a node. All are confined to the devices that they
 * name (lvm(8), --devices): a disk of another group that hangs cannot stop them, and a guest's
 * LVM inside a volume is never read. Of the host's lvm.conf, --devices switches off `filter`,
 * `global_filter` and the devices file, and `pinned` overrides what stands there; all else is in force.
 */

/**
 * What the parse of a report rests on, and what the end of a command means, whatever the host's
 * lvm.conf says. LVM takes one --config only. Source: lvm.conf(5), `lvmconfig --typeconfig default
 * --withcomments`.
 * - With report_command_log LVM puts a list of its own into the report, with a comma too many.
 * - Silent, LVM says of a change neither that it was made nor that there was nothing to change.
 * - With tags of the host's own, and no volume_list, LVM activates only what bears them.
 * - lvmpolld runs `lvm lvpoll` without --devices: behind a devices file or a filter it does not find
 *   the group, and pvmove ends with 0 and never moves.
 */
const pinnedBeside = (backup: string): string =>
  `--config=${[
    "report{",
    'binary_values_as_numeric=0 compact_output=0 compact_output_cols="" list_item_separator=","',
    "mark_hidden_devices=1 prefixes=0 headings=1 buffered=1",
    '} log{prefix="" command_names=0 report_command_log=0 silent=0 verbose=0}',
    "global{use_lvmpolld=0} tags{hosttags=0}",
    `backup{${backup}}`,
  ].join(" ")}`;

/** Of a report: LVM would bring a copy of the metadata that is not up to date up to date. */
export const pinnedForReads = pinnedBeside("archive=0 backup=0");

/**
 * LVM keeps a copy of the metadata for every change, by default for at least 30 days: with many
 * volumes a day /etc/lvm/archive fills the disk. The newest 20 are what vgcfgrestore can need.
 */
const pinnedForWrites = pinnedBeside("retain_days=0 retain_min=20");

const pinnedWith = (more: string): string =>
  more === "" ? pinnedForWrites : `${pinnedForWrites} ${more}`;

/** The exit codes of a command that knows but one kind of success. */
export const success = [0];

/**
 * Confined to these devices: nothing else of the host is read or written.
 * @throws LvmError `lvm_bad_name` without any, for LVM would then work on the whole host.
 */
export const confinedTo = (devices: readonly string[]): string[] => {
  if (devices.length === 0) {
    throw new LvmError("lvm_bad_name", {
      command: "check of devices",
      detail: "a command of LVM's must be confined to at least one device",
    });
  }
  return devices.map((path) => `--devices=${devicePath(path)}`);
};

/** A command that changes LVM's metadata, in the lane of its group. */
export const lvmWrite = (
  name: string,
  volumeGroup: string,
  devices: readonly string[],
  args: readonly string[],
  /** What is pinned for this command alone. */
  config = "",
): Command => ({
  name,
  file: "lvm",
  args: [name, ...confinedTo(devices), pinnedWith(config), ...args],
  access: "write",
  answers: success,
  lane: groupLane(volumeGroup),
});

/** As LVM's commands name a volume. */
export const lvPath = (volumeGroup: string, volume: string): string =>
  `${groupName(volumeGroup)}/${volumeName(volume)}`;
