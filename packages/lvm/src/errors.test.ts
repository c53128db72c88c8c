import { expect, test } from "vitest";
import type { LvmErrorCode } from "./errors.ts";
import { classify, LvmError, lvmErrors } from "./errors.ts";

/** Recorded from LVM 2.03.16 under LC_ALL=C. */
const recorded: readonly (readonly [LvmErrorCode, string])[] = [
  ["no_space", 'Volume group "data" has insufficient free space (506 extents): 9999 required.'],
  ["no_space", "Insufficient free space: 4990 extents needed, but only 992 available"],
  ["lv_not_found", "Logical volume nope not found in volume group data."],
  ["lv_exists", 'Logical Volume "pvc-1" already exists in volume group "data"'],
  ["vg_not_found", 'Volume group "data2" not found\n  Cannot process volume group data2'],
  ["lv_not_found", 'Failed to find logical volume "data/nope"'],
  ["lv_in_use", "Logical volume data/pvc-1 contains a filesystem in use."],
  ["lv_in_use", "Logical volume data/pvc-1 in use."],
  [
    "device_signature",
    "WARNING: ext4 signature detected on /dev/ubdc at offset 1080. Wipe it? [y/n]: [n]\n  Aborted wiping of ext4.\n  1 existing signature left on the device.",
  ],
  [
    "device_busy",
    "Can't open /dev/ubdc exclusively.  Mounted filesystem?\n  Error opening device /dev/ubdc for reading at 0 length 512.\n  Cannot use /dev/ubdc: device has a signature",
  ],
  ["vg_exists", "A volume group called new already exists."],
  [
    "device_in_group",
    "Physical volume '/dev/ubdc' is already in volume group 'new'\n  Unable to add physical volume '/dev/ubdc' to volume group 'new'\n  /dev/ubdc: physical volume not initialized.",
  ],
  ["device_too_small", "Cannot use /dev/loop0: device is too small (pv_min_size)"],
  [
    "devices_missing",
    "WARNING: Couldn't find device with uuid m2Sbbf.\n  WARNING: VG data is missing PV m2Sbbf (last written to /dev/ubdb).\n  Cannot change VG data while PVs are missing.\n  See vgreduce --removemissing and vgextend --restoremissing.\n  Cannot process volume group data",
  ],
  ["lvm_failed", "Something that no version has said yet"],
];

test.for(recorded)("%s is what %j means", ([code, stderr]) => {
  expect(classify(stderr)).toBe(code);
});

test("an error names the command, LVM's words without the noise, and a remedy", () => {
  const error = new LvmError("no_space", {
    command: "lvcreate",
    exitCode: 5,
    stderr:
      'File descriptor 9 (/dev/null) leaked on lvm invocation.\n  WARNING: whatever.\n  Volume group "fast" has insufficient free space.\n',
  });
  expect(error.message).toBe(
    `lvcreate: Volume group "fast" has insufficient free space. ${lvmErrors.no_space.remedy}`,
  );
});

test("warnings are told when there is nothing else", () => {
  const error = new LvmError("lvm_failed", { command: "lvs", stderr: "WARNING: odd.\n" });
  expect(error.message).toContain("WARNING: odd");
});
