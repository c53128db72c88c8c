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
    remedy: "Look for a disk that hangs: `dmesg`, and processes in state D in `ps`.",
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
  vg_not_found: {
    retry: "after_change",
    remedy: "Compare `vgs` on the node with spec.volumeGroup and spec.devices.",
  },
  vg_exists: {
    retry: "after_change",
    remedy: "Another group has this name: `vgs -o+pv_name` shows it. Choose another name.",
  },
  no_space: {
    retry: "after_change",
    remedy: "Remove volumes, or add a device to spec.devices.",
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
    remedy: "Find who holds it with `lsof` or `findmnt`; it is removed when nothing does.",
  },
  lv_locked: {
    retry: "soon",
    remedy: "Its extents are being moved (`lvs -a -o+move_pv`); it goes on when that is done.",
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
    remedy: "See with `lsblk` what holds or mounts the device, or take it out of spec.devices.",
  },
  device_signature: {
    retry: "after_change",
    remedy: "If what the device holds may go, erase it with `wipefs --all`.",
  },
  device_in_group: {
    retry: "after_change",
    remedy: "The device belongs to another group: `pvs` shows which. Take it out of spec.devices.",
  },
  device_too_small: {
    retry: "after_change",
    remedy: "Use a larger device, or take it out of spec.devices.",
  },
  locked: {
    retry: "soon",
    remedy: "Another LVM command holds the group's lock; `ps` shows it.",
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

/**
 * What LVM 2.03 says under LC_ALL=C, first match wins: its exit code is 5 for nearly everything
 * (lvm(8), lib/commands/errors.h). The order puts causes before what follows from them.
 */
const stderrTable: readonly (readonly [RegExp, LvmErrorCode])[] = [
  [/locked (logical volume|LV)/i, "lv_locked"],
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
  [/already in volume group|belongs to volume group/, "device_in_group"],
  [/exclusively\.|Mounted filesystem/, "device_busy"],
  [
    /existing signatures? left on the device|device has a signature|is partitioned/,
    "device_signature",
  ],
  [/device is too small/, "device_too_small"],
  [/Can't get lock|Resource temporarily unavailable|Cannot access .* lock/, "locked"],
  [/failed to execute .*No such file|command not found/, "command_missing"],
];

export const classify = (stderr: string): LvmErrorCode =>
  stderrTable.find(([pattern]) => pattern.test(stderr))?.[1] ?? "lvm_failed";

/** util-linux and coreutils, which share the C library's words. */
const toolTable: readonly (readonly [RegExp, LvmErrorCode])[] = [
  [/Device or resource busy/, "device_busy"],
  [/Operation not supported|Inappropriate ioctl/, "not_supported"],
  [/failed to execute .*No such file/, "command_missing"],
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
