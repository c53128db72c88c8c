import { bytes, mib } from "@stowage/capacity";
import { minutes } from "@stowage/clock";
import { LvmError, managedTag, nodeTag } from "@stowage/lvm";
import { expect, test } from "vitest";
import { entry, FakeStorage } from "./testing/fake-storage.ts";
import { disk, making, room, withDisk, withGroup } from "./testing/storages.ts";

test("clean devices become a group, and its room is reported", async () => {
  const storage = withDisk();
  storage.wish({ devices: [disk], reserved: "100Mi" });
  await storage.reconcile();
  expect(storage.node.writes).toEqual(["vgcreate"]);
  expect(storage.node.group("fast")?.tags).toEqual([managedTag, nodeTag("n1")]);
  expect(storage.status).toMatchObject({
    capacity: room,
    allocatable: mib(916),
    free: mib(916),
    devices: [{ path: disk, state: "InUse", id: `uuid-${disk}` }],
  });
  expect(storage.condition("Ready")).toBe("True GroupReady");
  expect(storage.condition("DevicesReady")).toBe("True AllInUse");
});

test.for([
  { why: "Signature", device: { signatures: ["ext4"] } },
  { why: "PartitionTable", device: { signatures: ["gpt", "PMBR"] } },
  { why: "Mounted", device: { mountPoint: "/srv" } },
  { why: "Swap", device: { mountPoint: "[SWAP]" } },
  { why: "ReadOnly", device: { access: "read_only" as const } },
])("a device that is $why is left alone and the others are used", async ({ why, device }) => {
  const storage = withDisk();
  storage.node.addDevice("/dev/sdx", 1024, device);
  storage.wish({ devices: ["/dev/sdx", disk] });
  await storage.reconcile();
  expect(storage.node.devices.map(({ group }) => group)).toEqual(["fast", undefined]);
  expect(storage.status.devices[0]).toMatchObject({ state: "Refused", reason: why });
  expect(storage.condition("DevicesReady")).toBe(`False ${why}`);
  expect(storage.condition("Ready")).toBe("True GroupReady");
});

test("a device too small, one of another group and one listed twice are refused", async () => {
  const storage = withDisk();
  storage.node.addDevice("/dev/small", 15);
  storage.node.addGroup("other", [storage.node.addDevice("/dev/other", 1024)]);
  storage.wish({ devices: ["/dev/small", "/dev/other", disk] });
  await storage.reconcile();
  expect(storage.status.devices.map(({ reason }) => reason)).toEqual([
    "TooSmall",
    "InOtherGroup",
    undefined,
  ]);
});

test("a group of the name on devices that spec does not list is never doubled", async () => {
  const storage = withDisk();
  storage.node.addGroup("fast", [storage.node.addDevice("/dev/sdz", 1024)]);
  storage.wish({ devices: [disk] });
  await storage.reconcile();
  expect(storage.node.writes).toEqual([]);
  expect(storage.condition("Ready")).toBe("False NotOurs");
});

test("a group is not made while not every device of the host can be asked", async () => {
  const storage = withDisk();
  storage.node.addDevice("/dev/sdz", 1024);
  storage.node.trouble = ({ name, lane }) =>
    name === "fullreport" && lane === "host"
      ? new LvmError("lvm_timeout", { command: name })
      : undefined;
  storage.wish({ devices: [disk] });
  await storage.reconcile();
  expect(storage.node.writes).toEqual([]);
  expect(storage.condition("Ready")).toBe("False ScanFailed");
});

test("a group made by hand is taken over when spec names all its devices", async () => {
  const storage = new FakeStorage();
  storage.node.addGroup("fast", [storage.node.addDevice(disk, 1024)]);
  storage.wish({ devices: [disk] });
  await storage.reconcile();
  expect(storage.node.writes).toEqual(["vgchange"]);
  expect(storage.condition("Ready")).toBe("True GroupReady");
});

test("a group made by hand is used as it is when spec names no devices", async () => {
  const storage = new FakeStorage();
  storage.node.addGroup("fast", [storage.node.addDevice("/dev/sda", 1024)]);
  storage.wish({ volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  expect(storage.node.writes).toEqual(["vgchange", ...making]);
  expect(storage.node.group("fast")?.tags).toEqual([nodeTag("n1")]);
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
  expect(storage.status.devices).toMatchObject([{ path: "/dev/sda", state: "InUse" }]);
});

test("a device added to spec extends the group, one taken out stays and says so", async () => {
  const storage = await withGroup();
  storage.node.addDevice("/dev/sdb", 1024);
  storage.wish({ devices: [disk, "/dev/sdb"] });
  await storage.reconcile();
  expect(storage.node.writes).toEqual(["vgextend"]);
  expect(storage.status.capacity).toBe(bytes(2 * room));
  storage.wish({ devices: ["/dev/sdb"] });
  await storage.reconcile();
  expect(storage.node.writes).toEqual(["vgextend"]);
  expect(storage.status.devices).toMatchObject([
    { path: "/dev/sdb", state: "InUse" },
    { path: disk, state: "Removed" },
  ]);
});

test("a group whose making fails says LVM's words, and is tried again later", async () => {
  const storage = withDisk();
  storage.node.trouble = ({ name }) =>
    name === "vgcreate" ? "  Can't open /dev/sda exclusively.  Mounted filesystem?" : undefined;
  storage.wish({ devices: [disk] });
  await storage.reconcile();
  expect(storage.condition("Ready")).toBe("False GroupNotMade");
  expect(storage.status.devices).toMatchObject([{ state: "Refused", reason: "DeviceBusy" }]);
  await storage.reconcile();
  expect(storage.node.writes).toEqual(["vgcreate"]);
  storage.node.trouble = () => undefined;
  await storage.clock.advance(minutes(1));
  await storage.reconcile();
  expect(storage.condition("Ready")).toBe("True GroupReady");
});
