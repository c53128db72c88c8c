import { expect, test } from "vitest";
import { eachDevice, parseBlockDevices, parseSignatures, parseTargets } from "./block-devices.ts";
import { parseReport } from "./report.ts";
import { recorded, recordedIn } from "./testing/recorded.ts";

const blocks = (name: string) => parseBlockDevices(recorded(`lsblk/2.38.1-${name}`).stdout);

test.for(recordedIn("lsblk"))("%s is read, with no device twice", (name) => {
  const devices = eachDevice(parseBlockDevices(recorded(name).stdout));
  const numbers = devices.map(({ deviceNumber }) => deviceNumber);
  expect(new Set(numbers).size).toBe(numbers.length);
});

test("partitions, and what is mounted on them, are holders of their disk", () => {
  const [disk] = blocks("gpt-in-use");
  expect(disk?.partitionTable).toBe("gpt");
  expect(disk?.holders.map(({ type, mountPoint }) => [type, mountPoint])).toEqual([
    ["part", "/mnt/1"],
    ["part", "[SWAP]"],
  ]);
});

test("a logical volume is a holder of its partition, which is one of its disk", () => {
  const [disk] = blocks("dos-pv-active");
  const [partition] = disk?.holders ?? [];
  expect(partition?.holders.map(({ type }) => type)).toEqual(["lvm"]);
});

test("a multipath map is a holder of each of its paths, and one device", () => {
  const devices = blocks("multipath");
  expect(devices.map(({ holders }) => holders.map(({ type }) => type))).toEqual([
    ["mpath"],
    ["mpath"],
  ]);
  expect(eachDevice(devices).filter(({ type }) => type === "mpath")).toHaveLength(1);
});

test("a disk of size 0 is listed; what is no device at all is left out, and others are listed", () => {
  expect(blocks("empty").map(({ size }) => size)).toEqual([0]);
  expect(recorded("lsblk/2.38.1-loop-unbound")).toMatchObject({ exitCode: 32, stderr: "" });
  expect(blocks("loop-unbound")).toEqual([]);
  expect(recorded("lsblk/2.38.1-healthy-and-missing").exitCode).toBe(64);
  expect(blocks("healthy-and-missing")).toHaveLength(1);
});

test("sectors, and whether a disk can be taken out", () => {
  expect(blocks("4kn").map(({ sectorSize }) => sectorSize)).toEqual([4096]);
  expect(blocks("blank").map(({ sectorSize, removal }) => [sectorSize, removal])).toEqual([
    [512, "fixed"],
  ]);
  expect(blocks("removable").map(({ removal }) => removal)).toEqual(["removable"]);
});

const types = (name: string) =>
  parseSignatures(recorded(`wipefs/2.38.1-${name}-list`).stdout).map(({ type }) => type);

test("wipefs tells each signature, and nothing of a blank disk", () => {
  expect(types("blank")).toEqual([]);
  expect(types("ext4")).toEqual(["ext4"]);
  expect(types("gpt")).toEqual(["gpt", "gpt", "PMBR"]);
  expect(types("table-in-partition")).toEqual(["dos"]);
});

test("stat tells block devices by number, and of a path that leads nowhere nothing", () => {
  expect([...parseTargets(recorded("stat/9.1-all-kinds").stdout)]).toEqual([
    ["/dev/ubdb", { kind: "block_device", deviceNumber: "98:16" }],
    ["/dev/disk/by-id", { kind: "other", what: "directory" }],
    ["/dev/disk/with a blank", { kind: "block_device", deviceNumber: "98:16" }],
    ["/dev/null", { kind: "other", what: "character special file" }],
  ]);
});

const settings = recordedIn("host-settings");
const truth = () => parseReport(recorded("host-settings/2.03.16-nothing-pinned").stdout);
const pinned = settings.filter((name) => name.endsWith("-pinned"));

test.for(pinned)("%s: a host's settings change nothing of what is read", (name) => {
  const { exitCode, stdout } = recorded(name);
  expect(exitCode).toBe(0);
  expect(parseReport(stdout)).toEqual(truth());
});

const readOrBroken = (name: string): string => {
  try {
    return JSON.stringify(parseReport(recorded(name).stdout));
  } catch {
    return "broken";
  }
};

test("without the pins, settings of the host break or change what is read", () => {
  const wrong = settings.filter(
    (name) => !name.endsWith("-pinned") && readOrBroken(name) !== JSON.stringify(truth()),
  );
  expect(wrong.length).toBeGreaterThan(6);
});
