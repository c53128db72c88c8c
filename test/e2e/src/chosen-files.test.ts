import { milliseconds } from "@stowage/clock";
import { expect, test } from "vitest";
import { chosenFiles } from "./chosen-files.ts";

test("a usual machine runs every file of the cluster tests but the long ones", () => {
  const { run, leftOut } = chosenFiles(milliseconds(20));
  expect(leftOut).toEqual([]);
  expect(run).toContain("test/e2e/cases/scheduling.test.ts");
  expect(run.filter((file) => file.includes(".long."))).toEqual([]);
});

test("a slow machine runs the essential files, and each of the others is known to be left out", () => {
  const { run, leftOut } = chosenFiles(milliseconds(60));
  expect(run).toEqual([
    "test/e2e/cases/first-volume.test.ts",
    "test/e2e/cases/kube.test.ts",
    "test/e2e/cases/least-privilege.test.ts",
  ]);
  expect([...run, ...leftOut].toSorted()).toEqual(chosenFiles().run);
});
