import { expect, test } from "vitest";
import { folderOfHooks, folderOfTest, nameOfRun } from "./naming.ts";

test("a run is named by when it began, so that names sort by time", () => {
  expect(nameOfRun(new Date("2026-11-30T08:35:22.123Z"))).toBe("2026-11-30T08-35-22");
});

test.for([
  ["data survives a restart", "data-survives-a-restart"],
  ["a cluster of one node up, and down: twice!", "a-cluster-of-one-node-up-and-down-twice"],
  ["203 MiB of `grüße` on n1/fast", "203-MiB-of-grüße-on-n1-fast"],
] as const)("the evidence of %s is in a folder that reads like it", ([name, folder]) => {
  expect(folderOfTest("/run", "/somewhere/first-volume.test.ts", name)).toBe(
    `/run/first-volume/${folder}`,
  );
});

test("of long names that begin alike each has a folder of its own, of bounded length", () => {
  const long = "a name without an end ".repeat(20);
  const folders = ["one", "two"].map((end) => folderOfTest("", "a.long.test.ts", long + end));
  expect(new Set(folders).size).toBe(2);
  for (const folder of folders) expect(folder.length).toBeLessThan(100);
});

test("what failed outside of the tests of a long file is beside them", () => {
  expect(folderOfHooks("/run", "cases/node-lvm.long.test.ts")).toBe("/run/node-lvm.long/hooks");
});
