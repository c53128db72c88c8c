import { expect, test } from "vitest";
import { LvmError } from "../errors.ts";
import { mkfs } from "./file-systems.ts";

test.for([
  ["ext4", "-m 1 -O ^has_journal", "mkfs.ext4 -F -q -m 0 -m 1 -O ^has_journal /dev/fast/pvc-1"],
  ["xfs", "-i size=1024", "mkfs.xfs -f -q -i size=1024 /dev/fast/pvc-1"],
  ["btrfs", "--csum xxhash", "mkfs.btrfs -f -q --csum xxhash /dev/fast/pvc-1"],
] as const)("%s with %s", ([type, mkfsOptions, line]) => {
  const { file, args, access, lane } = mkfs("fast", "pvc-1", { type, mkfsOptions });
  expect([file, ...args].join(" ")).toBe(line);
  expect({ access, lane }).toEqual({ access: "job", lane: "format fast/pvc-1" });
});

test("options that are not known to be harmless never reach a command", () => {
  const options = { type: "ext4", mkfsOptions: "-d /etc" } as const;
  expect(() => mkfs("fast", "pvc-1", options)).toThrow(LvmError);
  expect(() => mkfs("..", "pvc-1", { type: "ext4", mkfsOptions: "-m 1" })).toThrow(LvmError);
});
