import { minutes } from "@stowage/clock";
import { parseReport, reportDevices, runChecked } from "@stowage/lvm";
import { expect, test } from "vitest";
import { besides, together, withoutCopies } from "./reports.ts";
import { disk, withGroup } from "./testing/storages.ts";

const reportOfGroup = async () => {
  const { clock, node } = await withGroup();
  const text = runChecked(node.run, reportDevices("fast", [disk]));
  await clock.advance(minutes(1));
  return parseReport(await text);
};

test("of a disk in one report and its copy in the other neither counts", async () => {
  const report = await reportOfGroup();
  expect(report.groups).toHaveLength(1);
  expect(withoutCopies(report, () => false).groups).toEqual(report.groups);
  expect(withoutCopies(together(report, report), () => false).groups).toEqual([]);
  expect(withoutCopies(besides(report, report), () => false).groups).toEqual(report.groups);
});
