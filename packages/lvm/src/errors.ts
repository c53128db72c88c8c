/**
 * Every way in which a command can fail, with what an admin can do about it. `retry` says when the
 * same command may succeed: "soon" by itself, "after_change" only once somebody has changed
 * something.
 */
export const lvmErrors = {
  lvm_bad_name: {
    retry: "after_change",
    remedy: "Use a name, tag or path that LVM's grammar allows (lvm(8), Valid names).",
  },
  lvm_timeout: {
    retry: "soon",
    remedy:
      "Look for a disk that hangs, by `dmesg` and processes in state D in `ps`, and for who holds LVM's lock, by `lsof /run/lock/lvm`.",
  },
  lane_closed: {
    retry: "soon",
    remedy: "An earlier command on the same group or device still hangs; see `ps` and `dmesg`.",
  },
  command_missing: {
    retry: "after_change",
    remedy:
      "Install lvm2, util-linux and the mkfs of the class on the node, or set LVM_MODE=image.",
  },
  host_outdated: {
    retry: "after_change",
    remedy: "Update lvm2 and util-linux on the node, or set agent.lvm.mode to image.",
  },
  lvmlockd_missing: {
    retry: "after_change",
    remedy: "Start lvmlockd on the node, or set global/use_lvmlockd to 0 in its lvm.conf.",
  },
  not_activated: {
    retry: "after_change",
    remedy: "Let activation/volume_list in the node's lvm.conf name the group, or take it out.",
  },
  vg_not_found: {
    retry: "after_change",
    remedy: "Compare `vgs` on the node with spec.volumeGroup and spec.devices.",
  },
  vg_exists: {
    retry: "after_change",
    remedy: "Another group has this name: `vgs -o+pv_name` shows it. Choose another name.",
  },
  vg_name_in_dev: {
    retry: "after_change",
    remedy:
      "A group on other devices has this name and is active, or /dev has a folder of it. Choose another name.",
  },
  vg_of_another_host: {
    retry: "after_change",
    remedy:
      "By its system ID the group is another host's: `vgs --foreign -o+systemid`. Use another group.",
  },
  vg_shared: {
    retry: "after_change",
    remedy:
      "Several hosts may use the group at once: `vgs --shared -o+vg_lock_type`. Use a group of this node alone.",
  },
  no_space: {
    retry: "after_change",
    remedy: "Remove volumes, or add a device to spec.devices.",
  },
  size_not_larger: {
    retry: "soon",
    remedy: "The volume has the size already: `lvs` shows it.",
  },
  metadata_full: {
    retry: "after_change",
    remedy:
      "Remove volumes: the group's metadata area has no room for another (`vgs -o+vg_mda_free`).",
  },
  lv_exists: {
    retry: "soon",
    remedy: "Look at `lvs -o+lv_tags`: the name is taken by another volume.",
  },
  lv_not_found: {
    retry: "soon",
    remedy: "Look at `lvs`: the volume went away while it was worked on.",
  },
  lv_in_use: {
    retry: "soon",
    remedy:
      "Find who holds it with `findmnt`, `losetup --list` or `lsof`; it is removed when nothing does.",
  },
  lv_locked: {
    retry: "soon",
    remedy: "Its extents are being moved (`lvs -a -o+move_pv`); it goes on when that is done.",
  },
  has_dependants: {
    retry: "soon",
    remedy: "`lvs -a -o+origin,pool_lv` shows what is built on it; it goes on when that is gone.",
  },
  wrong_device: {
    retry: "soon",
    remedy:
      "The path leads to another device: compare `ls -l` of it with `dmsetup ls`, remove what is in its place, then `vgmknodes`.",
  },
  not_supported: {
    retry: "after_change",
    remedy: "The disk cannot do this; ask for another way, such as wipe: zero.",
  },
  devices_missing: {
    retry: "after_change",
    remedy: "Bring the missing disk back; `pvs` names it. Stowage never drops it by itself.",
  },
  device_busy: {
    retry: "after_change",
    remedy:
      "See with `lsblk`, `losetup --list` and `lsof` who uses the device, or take it out of spec.devices.",
  },
  device_changed: {
    retry: "soon",
    remedy:
      "The agent looks again by itself. If this stays, name the device by /dev/disk/by-id and see `dmesg`.",
  },
  device_signature: {
    retry: "after_change",
    remedy:
      "See with `wipefs` what the device holds. If that may go, say wipe: true, or take the device out.",
  },
  device_not_erased: {
    retry: "after_change",
    remedy:
      "wipefs left it there, as it does with a partition table inside a partition. If it may go, erase it by hand: `wipefs --all --force`.",
  },
  device_in_group: {
    retry: "after_change",
    remedy: "The device belongs to another group: `pvs` shows which. Take it out of spec.devices.",
  },
  device_too_small: {
    retry: "after_change",
    remedy: "Use a larger device, or take it out of spec.devices.",
  },
  device_not_found: {
    retry: "soon",
    remedy: "Nothing is at this path: see `lsblk` and `dmesg`; for a volume, `vgmknodes`.",
  },
  device_not_in_lvm: {
    retry: "soon",
    remedy: "The device is no physical volume of the group: compare `pvs` with spec.devices.",
  },
  device_holds_volumes: {
    retry: "soon",
    remedy: "`pvs -o+pv_used` shows what lies on the device; `pvmove` takes it elsewhere.",
  },
  device_last_of_group: {
    retry: "after_change",
    remedy: "A group has at least one device: add another, or remove the group with `vgremove`.",
  },
  device_shrunk: {
    retry: "after_change",
    remedy: "The device is smaller than LVM knows it: `pvs -o+dev_size`. Give it its size back.",
  },
  sector_sizes_mixed: {
    retry: "after_change",
    remedy:
      "A group takes devices of one sector size (`lsblk -o+LOG-SEC`). Use a group of its own for this one.",
  },
  nothing_to_move: {
    retry: "soon",
    remedy: "No volume lies on the device: `pvs -o+pv_used` shows it.",
  },
  mapper_failed: {
    retry: "soon",
    remedy: "The kernel refused the mapping: `dmesg` tells why.",
  },
  locked: {
    retry: "soon",
    remedy: "Another LVM command holds the group's lock; `ps` shows it.",
  },
  archive_unwritable: {
    retry: "after_change",
    remedy:
      "Make /etc/lvm/archive on the node writable, or set backup/archive to 0 in its lvm.conf.",
  },
  no_effect: {
    retry: "soon",
    remedy: "Run the command by hand with --verbose, and see what it says.",
  },
  report_invalid: {
    retry: "soon",
    remedy:
      "The output is not what LVM 2.03 prints; compare `lvm version` with the supported ones.",
  },
  lvm_failed: {
    retry: "soon",
    remedy: "Read the command's own words in the message.",
  },
} as const satisfies Record<
  string,
  { readonly retry: "soon" | "after_change"; readonly remedy: string }
>;

export type LvmErrorCode = keyof typeof lvmErrors;

/** A command that failed or was refused: its name, LVM's own words, and what to do. */
export class LvmError extends Error {
  override readonly name = "LvmError";
  readonly code: LvmErrorCode;
  readonly command: string;
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(
    code: LvmErrorCode,
    failed: {
      readonly command: string;
      readonly exitCode?: number;
      readonly stderr?: string;
      readonly detail?: string;
      readonly cause?: unknown;
    },
  ) {
    const words = failed.detail ?? inOneLine(failed.stderr ?? "");
    super(`${failed.command}: ${words === "" ? code : words}. ${lvmErrors[code].remedy}`, {
      cause: failed.cause,
    });
    this.code = code;
    this.command = failed.command;
    this.exitCode = failed.exitCode;
    this.stderr = failed.stderr ?? "";
  }

  get retry(): "soon" | "after_change" {
    return lvmErrors[this.code].retry;
  }
}

/** What was thrown, as a failure of `command`. */
export const lvmErrorOf = (command: string, error: unknown): LvmError =>
  error instanceof LvmError
    ? error
    : new LvmError("lvm_failed", { command, detail: String(error), cause: error });

/**
 * What LVM 2.03 says under LC_ALL=C, first match wins: its exit code is 5 for nearly everything
 * (lvm(8), lib/commands/errors.h). The order puts causes before what follows from them.
 */
const stderrTable: readonly (readonly [RegExp, LvmErrorCode])[] = [
  // With the name of every field that there is, which are words of other causes.
  [/unrecognized option|Unrecognised field|No such command/, "host_outdated"],
  [/volume_list activation filter/, "not_activated"],
  [/check that lvmlockd is running/, "lvmlockd_missing"],
  [/locked (logical volume|LV)/i, "lv_locked"],
  [/Cannot access VG \S+ with system ID/, "vg_of_another_host"],
  [/Cannot access VG \S+ with lock type/, "vg_shared"],
  [/Snapshot origin volumes can be resized|remove active origin/, "has_dependants"],
  [/while PVs are missing|Cannot .* partial/i, "devices_missing"],
  [
    /[Ii]nsufficient free space|[Ii]nsufficient suitable .*extents|Insufficient free extents/,
    "no_space",
  ],
  [/VG metadata too large|circular buffer|not enough .*metadata space/i, "metadata_full"],
  [/in use\.|is used by another device|Can't remove open logical volume/, "lv_in_use"],
  [/Logical [Vv]olume "?[^"]*"? already exists/, "lv_exists"],
  [/[Vv]olume group .*already exists/, "vg_exists"],
  [
    /Failed to find logical volume|One or more specified logical volume\(s\) not found|Logical volume \S+ not found/,
    "lv_not_found",
  ],
  [/Volume group "?[^"]*"? not found/, "vg_not_found"],
  [/already in volume group|belongs to volume group|is used by VG/, "device_in_group"],
  [/already exists in filesystem/, "vg_name_in_dev"],
  [/inconsistent logical block sizes/, "sector_sizes_mixed"],
  [/Device not found for|No device found for/, "device_not_found"],
  [/Failed to find physical volume|No PV found on device/, "device_not_in_lvm"],
  [/Physical volume "[^"]*" still in use/, "device_holds_volumes"],
  [/Can't remove final physical volume/, "device_last_of_group"],
  [/matches existing size|not larger than existing size/, "size_not_larger"],
  [/No data to move/, "nothing_to_move"],
  [/exclusively\.|Mounted filesystem/, "device_busy"],
  [
    /existing signatures? left on the device|device has a signature|is partitioned/,
    "device_signature",
  ],
  [/device is too small/, "device_too_small"],
  [/Can't get lock|Resource temporarily unavailable|Cannot access .* lock/, "locked"],
  [/failed to execute .*No such file|command not found/, "command_missing"],
  [/Cannot archive volume group metadata/, "archive_unwritable"],
  // These lines are warnings, which stand beside other causes too.
  [/smaller than corresponding PV size/, "device_shrunk"],
  [/device-mapper: \S+ ioctl .*failed/, "mapper_failed"],
];

export const classify = (stderr: string): LvmErrorCode =>
  stderrTable.find(([pattern]) => pattern.test(stderr))?.[1] ?? "lvm_failed";

/** util-linux and coreutils, which share the C library's words. */
const toolTable: readonly (readonly [RegExp, LvmErrorCode])[] = [
  [/Device or resource busy/, "device_busy"],
  [/will not make a filesystem here|contains a mounted filesystem/, "lv_in_use"],
  [/Operation not supported|Inappropriate ioctl/, "not_supported"],
  [/failed to execute .*No such file/, "command_missing"],
  [/No such file or directory|No such device or address|does not exist/, "device_not_found"],
  [/unrecognized option|invalid option|unknown column/, "host_outdated"],
];

/** As classify, for commands that are not LVM's. */
export const classifyTool = (stderr: string): LvmErrorCode =>
  toolTable.find(([pattern]) => pattern.test(stderr))?.[1] ?? "lvm_failed";

const wordsLimit = 600;

/** Warnings are left out where there is anything else: the cause stands in the other lines. */
const inOneLine = (stderr: string): string => {
  const lines = stderr
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("File descriptor "));
  const causes = lines.filter((line) => !line.startsWith("WARNING:"));
  return (causes.length > 0 ? causes : lines).join("; ").replace(/\.$/, "").slice(0, wordsLimit);
};
