import type { Command } from "../command.ts";
import { hostLane } from "../command.ts";
import type { HostMode } from "../run.ts";
import { pinnedForReads, success } from "./lvm-command.ts";

/* What kind of host it is: its versions and settings. None of these touches a disk. */

const read = (name: string, file: Command["file"], args: readonly string[]): Command => ({
  name,
  file,
  args,
  access: "read",
  answers: success,
  lane: hostLane,
});

export const lvmVersion = (): Command => read("version", "lvm", ["version"]);

export const utilLinuxVersion = (): Command => read("lsblk --version", "lsblk", ["--version"]);

/** Settings that no command can tell of when they stand in its way; by the name lvm.conf(5) has. */
const settings = [
  "devices/use_devicesfile",
  "devices/filter",
  "devices/global_filter",
  "global/use_lvmlockd",
  "global/system_id_source",
  "activation/volume_list",
  "activation/auto_activation_volume_list",
  "backup/archive",
  "backup/archive_dir",
] as const;

/**
 * The settings in force, one in a line; those without a value are left out. Without any lvm.conf
 * LVM prints them only to a command that brings a --config of its own.
 */
export const lvmSettings = (): Command =>
  read("lvmconfig", "lvm", ["lvmconfig", "--type=full", pinnedForReads, ...settings]);

/** Where the rule lies with which udev tells LVM that a device node is there. */
const notifyRules = ["/usr/lib", "/lib", "/etc", "/run"].map(
  (folder) => `${folder}/udev/rules.d/95-dm-notify.rules`,
);

/**
 * Exit code 1: some of the files are not there. LVM in an image is served by the host's udev too,
 * whose files are below the root of the host's first process.
 */
export const hostFiles = (mode: HostMode): Command => {
  const root = mode === "image" ? "/proc/1/root" : "";
  const files = notifyRules.map((path) => `${root}${path}`);
  return { ...read("stat", "stat", ["-L", "-c", "%n", "--", ...files]), answers: [0, 1] };
};
