import { mib } from "@stowage/capacity";
import { minutes } from "@stowage/clock";
import { expect, test } from "vitest";
import { entry, FakeStorage } from "./testing/fake-storage.ts";

const path = (name: string): string => `/dev/disk/by-id/${name}`;

test("one device that LVM refuses keeps out no other, and alone says why", async () => {
  const storage = new FakeStorage();
  for (const name of ["a", "b", "c"]) storage.node.addDevice(path(name), 1024);
  storage.node.trouble = ({ name, args }) =>
    name.startsWith("vg") && args.includes(path("a")) ? "  /dev/a: read failed" : undefined;
  storage.wish({ devices: [path("a"), path("b"), path("c")] });
  await storage.settle();
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.condition("Ready")).toBe("True GroupReady");
  expect(storage.status.devices).toMatchObject([
    { state: "Refused", message: expect.stringContaining("read failed") },
    { state: "InUse" },
    { state: "InUse" },
  ]);
});

test("the sectors of most devices make the group, and those of the group decide later", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice(path("a"), 1024, { sectorSize: 4096 });
  storage.node.addDevice(path("b"), 1024);
  storage.node.addDevice(path("c"), 1024);
  storage.wish({ devices: [path("a"), path("b"), path("c")] });
  await storage.settle();
  expect(storage.status.devices.map(({ state, reason }) => reason ?? state)).toEqual([
    "SectorSize",
    "InUse",
    "InUse",
  ]);
  for (const name of ["d", "e", "f"])
    storage.node.addDevice(path(name), 1024, { sectorSize: 4096 });
  storage.wish({ devices: ["a", "b", "c", "d", "e", "f"].map(path) });
  await storage.settle();
  expect(storage.status.devices.filter(({ reason }) => reason === "SectorSize")).toHaveLength(4);
});

// lsblk lists a disk of size 0, and leaves out a loop device that is over nothing.
test.for([path("empty"), "/dev/loop0"])(
  "%s of size 0 is told, and the group works on",
  async (empty) => {
    const storage = new FakeStorage();
    storage.node.addDevice(path("a"), 1024);
    storage.node.addDevice(empty, 0);
    storage.wish({ devices: [path("a"), empty], volumes: [entry("1", "100Mi")] });
    await storage.settle();
    expect(storage.status.devices).toMatchObject([
      { state: "InUse" },
      { state: "Missing", message: expect.stringContaining("reads as empty") },
    ]);
    expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
  },
);

test("a device whose metadata makes LVM's report fail is refused alone, and the group goes on", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice(path("a"), 1024);
  storage.wish({ devices: [path("a")], volumes: [entry("1", "100Mi")] });
  await storage.settle();
  storage.node.addDevice(path("damaged"), 1024, { signatures: ["LVM2_member"] });
  storage.node.trouble = ({ name, args }) =>
    name === "fullreport" && args.some((arg) => arg.endsWith(path("damaged")))
      ? "  Couldn't read volume group metadata."
      : undefined;
  storage.wish({
    devices: [path("a"), path("damaged")],
    volumes: [entry("1", "100Mi"), entry("2", "100Mi")],
  });
  await storage.settle();
  expect(storage.condition("Ready")).toBe("True GroupReady");
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready", "pvc-2": "Ready" });
  expect(storage.status.devices).toMatchObject([
    { state: "InUse" },
    { state: "Refused", reason: "GroupNotSeen" },
  ]);
});

test("a logical volume makes no group, whoever named it", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice("/dev/mapper/other-blk", 1024, { type: "lvm" });
  storage.wish({ devices: ["/dev/mapper/other-blk"] });
  await storage.settle();
  expect(storage.node.writes).toEqual([]);
  expect(storage.status.devices).toMatchObject([{ state: "Refused", reason: "LogicalVolume" }]);
});

test("a path with a comma is refused by name, and the group is made of the others", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice(path("a"), 1024);
  storage.node.addDevice(path("b,c"), 1024);
  storage.wish({ devices: [path("a"), path("b,c")], volumes: [entry("1", "100Mi")] });
  await storage.settle();
  expect(storage.status.devices).toMatchObject([
    { state: "InUse" },
    { state: "Refused", reason: "OddName", message: expect.stringContaining("comma") },
  ]);
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
});

test("more devices than a status lists are counted, and those of the group are listed", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice(path("ours"), 1024);
  for (let index = 0; index < 300; index += 1) {
    storage.node.addDevice(`/dev/sd${index}`, 1024, { signatures: ["ext4"] });
  }
  storage.wish({ devices: [path("ours")], match: { minSize: "100Mi" } });
  await storage.settle();
  expect(storage.status.devices).toHaveLength(256);
  expect(storage.status.devices[0]).toMatchObject({ path: path("ours"), state: "InUse" });
  const ready = storage.status.conditions.find(({ type }) => type === "DevicesReady");
  expect(ready).toMatchObject({ status: "True", message: expect.stringMatching(/^45 more/) });
});

test("what a shrunk disk lost is promised to nobody", async () => {
  const storage = new FakeStorage();
  const device = storage.node.addDevice(path("a"), 1024);
  storage.wish({ devices: [path("a")] });
  await storage.settle();
  expect(storage.status.allocatable).toBe(mib(1016));
  device.size /= 2;
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.status.devices).toMatchObject([{ reason: "Shrunk" }]);
  expect(storage.status.allocatable).toBe(mib(504));
});

test("a physical volume that an admin made smaller than its device stays so", async () => {
  const storage = new FakeStorage();
  const device = storage.node.addDevice(path("a"), 1024);
  storage.wish({ devices: [path("a")] });
  await storage.settle();
  device.knownSize /= 2;
  storage.restartAgent();
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.node.writes).toEqual(["vgcreate"]);
});

test("a growth that could not be passed on is not forgotten", async () => {
  const storage = new FakeStorage();
  const device = storage.node.addDevice(path("a"), 1024);
  storage.wish({ devices: [path("a")] });
  await storage.settle();
  device.size *= 2;
  storage.node.trouble = ({ name }) => (name === "pvresize" ? "  no" : undefined);
  await storage.clock.advance(minutes(1));
  await storage.settle();
  storage.node.trouble = () => undefined;
  storage.restartAgent();
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.status.capacity).toBe(mib(2040));
  expect(storage.status.devices).toMatchObject([{ size: mib(2048) }]);
});

test("a twin that nobody named keeps a disk from being used", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice(path("a"), 1024, { serial: "S1" });
  storage.node.addDevice("/dev/sdx", 1024, { serial: "S1" });
  storage.wish({ devices: [path("a")] });
  await storage.settle();
  expect(storage.status.devices).toMatchObject([
    { reason: "DuplicateId", message: expect.stringContaining("/dev/sdx") },
  ]);
});

test("a physical volume of a group that is not seen is never told to be erased", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice(path("a"), 1024, { signatures: ["LVM2_member"], group: "unseen" });
  storage.wish({ devices: [{ path: path("a"), wipe: true }] });
  await storage.settle();
  const [status] = storage.status.devices;
  expect(status?.message).toContain("group LVM does not show here");
  expect(status?.message).not.toContain("wipefs");
});
