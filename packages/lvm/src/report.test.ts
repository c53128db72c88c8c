import { readdirSync, readFileSync } from "node:fs";
import { mib } from "@stowage/capacity";
import { describe, expect, test } from "vitest";
import { LvmError } from "./errors.ts";
import type { Report } from "./report.ts";
import { isOnNode, parseReport } from "./report.ts";

const folder = new URL("testdata/fullreport/", import.meta.url);
const recorded = readdirSync(folder).filter((file) => file.endsWith(".json"));
const read = (file: string): Report => parseReport(readFileSync(new URL(file, folder), "utf8"));

describe("what LVM itself was recorded to say", () => {
  test.for(recorded)("%s reads as its parsed form beside it", async (file) => {
    const text = `${JSON.stringify(read(file), undefined, 2)}\n`;
    await expect(text).toMatchFileSnapshot(new URL(`parsed/${file}`, folder).pathname);
  });
});

const fast = (file: string) => {
  const group = read(`2.03.16-${file}.json`).groups.find(({ name }) => name === "fast");
  if (group === undefined) throw new Error(`no group fast in ${file}`);
  return group;
};
const volume = (file: string, name: string) =>
  fast(file).logicalVolumes.find((lv) => lv.name === name);

const internal = (file: string) =>
  fast(file)
    .logicalVolumes.filter(({ visibility }) => visibility === "internal")
    .map(({ name }) => name);

test("no groups and no devices are an empty report", () => {
  expect(read("2.03.16-empty.json")).toEqual({ groups: [], loneDevices: [] });
});

test("a physical volume of no group stands apart", () => {
  expect(read("2.03.16-lone-device.json").loneDevices).toMatchObject([
    { path: "/dev/ubdb", deviceNumber: "98:16", membership: "none" },
  ]);
});

test("an open volume shows its size, tags and use", () => {
  expect(volume("thick-open", "pvc-1")).toMatchObject({
    size: mib(16),
    use: "open",
    activation: "active",
    tags: [
      "stowage.dev/claim-uid=7d0a",
      "stowage.dev/claim=default/data-0",
      "stowage.dev/volume=pvc-1",
    ],
  });
});

test("a missing device leaves its place in the group, and only what lay on it is partial", () => {
  const group = fast("missing-device-partial-volume");
  expect(group.missingDevices).toBe(1);
  expect(group.physicalVolumes.map(({ presence }) => presence)).toEqual(["present", "missing"]);
  expect(group.physicalVolumes.map(isOnNode)).toEqual([true, false]);
  expect(volume("missing-device-partial-volume", "wide")?.health).toBe("partial");
  expect(volume("missing-device-partial-volume", "pvc-1")?.health).toBe("whole");
});

test("inactive, exported and held are told apart", () => {
  expect(volume("inactive", "pvc-1")?.activation).toBe("inactive");
  expect(fast("inactive").state).toBe("usable");
  expect(fast("exported").state).toBe("exported");
  expect(fast("held-device").physicalVolumes.map(({ allocation }) => allocation)).toEqual([
    "allocatable",
    "held",
  ]);
});

test("a suspended volume is told from the active one beside it", () => {
  expect(volume("suspended", "pvc-1")?.activation).toBe("suspended");
  expect(volume("suspended", "by-hand")?.activation).toBe("active");
});

test("parts of a pool or a mirror are internal and lose their brackets", () => {
  expect(internal("thin-pool")).toEqual(["lvol0_pmspare", "pool_tdata", "pool_tmeta"]);
  expect(internal("raid1")).toHaveLength(4);
});

test("a move under way tells from where, and how far it is", () => {
  const group = fast("pvmove");
  const moves = group.logicalVolumes.flatMap(({ move }) => (move === undefined ? [] : [move]));
  expect(moves).toHaveLength(1);
  expect(moves[0]?.from).toBe("/dev/ubdb");
  expect(moves[0]?.percent).toBeGreaterThan(0);
});

test.for(["", "{}", "[]", '{"report":[{"vg":[{"vg_name":"x"}]}]}', "  WARNING: {"])(
  "%j is refused as no report",
  (text) => {
    expect(() => parseReport(text)).toThrow(LvmError);
  },
);

test("tags of damaged metadata may hold any byte, which LVM prints as it is", () => {
  const text = readFileSync(new URL("2.03.16-thick-open.json", folder), "utf8");
  const odd = 'a\nb\tc\u0001d\\e\\"f';
  const { groups } = parseReport(text.replaceAll("stowage.dev/claim-uid=7d0a", odd));
  expect(
    groups.flatMap(({ logicalVolumes }) => logicalVolumes.flatMap(({ tags }) => tags)),
  ).toContain('a\nb\tc\u0001d\\e"f');
});
