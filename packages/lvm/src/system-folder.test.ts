import { expect, test } from "vitest";
import { systemFolder } from "./system-folder.ts";

const readOnly = (): never => {
  throw new Error("EROFS: read-only file system");
};

test("an LVM in an image uses the host's folder, and one below /run where /etc is read-only", () => {
  const made: string[] = [];
  expect(systemFolder((path) => made.push(path))).toBe("/proc/1/root/etc/lvm");
  expect(made).toEqual(["/proc/1/root/etc/lvm"]);
  expect(systemFolder(readOnly)).toBe("/run/lvm/stowage");
});
