import { mib } from "@stowage/capacity";
import { minutes } from "@stowage/clock";
import { expect, test } from "vitest";
import { entry, FakeStorage } from "./testing/fake-storage.ts";

const stable = "/dev/disk/by-id/a";

test("disks that match join the group, those that are not empty are listed with the reason", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice("/dev/sda", 4096, { mountPoint: "/", links: ["/dev/disk/by-id/root"] });
  storage.node.addDevice("/dev/sdb", 1024, { links: ["/dev/disk/by-id/wwn-2", stable] });
  storage.node.addDevice("/dev/sdc", 1024, { signatures: ["ext4"] });
  storage.node.addDevice("/dev/sdd", 64);
  storage.node.addDevice("/dev/sde", 1024, { rotational: true });
  storage.node.addDevice("/dev/zram0", 1024);
  storage.settleTime = minutes(0);
  storage.restartAgent();
  storage.wish({ match: { minSize: "1Gi", rotational: false } });
  await storage.settle();
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.status.devices.map(({ path, state, reason }) => [path, state, reason])).toEqual([
    ["/dev/disk/by-id/root", "Refused", "Mounted"],
    [stable, "InUse", undefined],
    ["/dev/sdc", "Refused", "Signature"],
  ]);
  expect(storage.condition("Ready")).toBe("True GroupReady");
  expect(storage.condition("DevicesReady")).toBe("True AllInUse");

  storage.node.addDevice("/dev/sdf", 2048);
  await storage.clock.advance(minutes(1));
  await storage.settle();
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.node.writes).toEqual(["vgcreate", "vgextend"]);
});

test.for([
  { match: { paths: ["/dev/disk/by-id/nvme-*"] }, joins: ["/dev/disk/by-id/nvme-1"] },
  { match: { models: ["SAMSUNG*"] }, joins: ["/dev/sdb"] },
  { match: { maxSize: "100Mi" }, joins: ["/dev/sdc"] },
  { match: { transports: ["nvme"] }, joins: ["/dev/disk/by-id/nvme-1"] },
  { match: { transports: ["sas", "sata"] }, joins: ["/dev/sdb", "/dev/sdc"] },
])("$match is met by $joins", async ({ match, joins }) => {
  const storage = new FakeStorage();
  storage.node.addDevice("/dev/nvme0n1", 1024, {
    links: ["/dev/disk/by-id/nvme-1"],
    transport: "nvme",
  });
  storage.node.addDevice("/dev/sdb", 1024, { model: "SAMSUNG MZ7", transport: "sata" });
  storage.node.addDevice("/dev/sdc", 64, { transport: "sas" });
  storage.wish({ match });
  await storage.settle();
  expect(storage.status.devices.map(({ path }) => path)).toEqual(joins);
});

test("two disks with one serial number are both refused: they may be one", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice("/dev/sda", 1024, { serial: "S1" });
  storage.node.addDevice("/dev/sdb", 1024, { serial: "S1" });
  storage.node.addDevice("/dev/sdc", 1024, { serial: "S2" });
  storage.wish({ devices: ["/dev/sda", "/dev/sdb", "/dev/sdc"] });
  await storage.settle();
  expect(storage.status.devices.map(({ reason }) => reason)).toEqual([
    "DuplicateId",
    "DuplicateId",
    undefined,
  ]);
});

test("partitions of one disk join, although udev tells them the disk's own id and table", async () => {
  const storage = new FakeStorage();
  const partition = { type: "part", wwn: "0x5000", partitionTable: "gpt" } as const;
  storage.node.addDevice("/dev/sda1", 1024, partition);
  storage.node.addDevice("/dev/sda2", 1024, partition);
  storage.wish({ devices: ["/dev/sda1", "/dev/sda2"] });
  await storage.settle();
  expect(storage.status.devices.map(({ state }) => state)).toEqual(["InUse", "InUse"]);
});

test("the same partition on two ways to one disk is refused", async () => {
  const storage = new FakeStorage();
  const partition = { type: "part", wwn: "0x5000", partitionTable: "gpt" } as const;
  storage.node.addDevice("/dev/sda1", 1024, partition);
  storage.node.addDevice("/dev/sdb1", 1024, partition);
  storage.wish({ devices: ["/dev/sda1", "/dev/sdb1"] });
  await storage.settle();
  expect(storage.status.devices.map(({ reason }) => reason)).toEqual([
    "DuplicateId",
    "DuplicateId",
  ]);
});

test("a copy of a disk of the group is refused as such", async () => {
  const storage = new FakeStorage();
  const ours = storage.node.addDevice(stable, 1024);
  storage.wish({ devices: [stable] });
  await storage.settle();
  storage.node.addDevice("/dev/sdb", 1024, {
    uuid: ours.uuid,
    signatures: ["LVM2_member"],
    group: "not seen, as LVM does with copies",
  });
  storage.wish({ devices: [stable, "/dev/sdb"] });
  await storage.settle();
  expect(storage.status.devices).toMatchObject([
    { path: stable, state: "InUse" },
    { path: "/dev/sdb", reason: "DuplicateId", message: expect.stringContaining(ours.uuid) },
  ]);
  expect(storage.node.writes).toEqual(["vgcreate"]);
});

test("our disk without its label is known by its serial number, and not written", async () => {
  const storage = new FakeStorage();
  const broken = storage.node.addDevice("/dev/sda", 1024, { serial: "S1" });
  storage.wish({ devices: ["/dev/sda"] });
  await storage.settle();
  storage.node.groups.splice(0);
  broken.signatures.splice(0);
  delete broken.group;
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.status.devices).toMatchObject([
    { state: "Missing", message: expect.stringMatching(/the disk that held .* \(S1\), but LVM/) },
  ]);
  expect(storage.node.writes).toEqual(["vgcreate"]);
});

test("a device whose entry says wipe is erased and joins, one in use or of LVM's is not", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice(stable, 1024, { signatures: ["ext4"] });
  storage.node.addDevice("/dev/disk/by-id/b", 1024, { signatures: ["xfs"], mountPoint: "/srv" });
  storage.node.addDevice("/dev/disk/by-id/c", 1024, { signatures: ["LVM2_member"] }).group = "away";
  storage.wish({
    devices: [stable, "/dev/disk/by-id/b", "/dev/disk/by-id/c"].map((path) => ({
      path,
      wipe: true,
    })),
  });
  await storage.settle();
  expect(storage.status.devices.map(({ state, reason }) => reason ?? state)).toEqual([
    "InUse",
    "Mounted",
    "GroupNotSeen",
  ]);
});

test("what is found on a device in the last moment keeps it from being written", async () => {
  const storage = new FakeStorage();
  const device = storage.node.addDevice(stable, 1024);
  storage.node.trouble = ({ name }) => {
    if (name === "wipefs --all --no-act") device.signatures.push("ext4");
    return undefined;
  };
  storage.wish({ devices: [stable] });
  await storage.reconcile();
  expect(storage.node.writes).toEqual([]);
  expect(device.signatures).toEqual(["ext4"]);
  expect(storage.status.devices).toMatchObject([{ state: "Refused", reason: "Signature" }]);
});

test("when kernel names swap, the group stays on its disk and the other is not written", async () => {
  const storage = new FakeStorage();
  const ours = storage.node.addDevice("/dev/sda", 1024);
  const other = storage.node.addDevice("/dev/sdb", 1024);
  storage.wish({ devices: ["/dev/sda"], volumes: [entry("1", "100Mi")] });
  await storage.settle();
  ours.path = "/dev/sdb";
  other.path = "/dev/sda";
  storage.restartAgent();
  await storage.settle();
  expect(other.signatures).toEqual([]);
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
  expect(storage.condition("Ready")).toBe("True GroupReady");
  expect(storage.status.devices).toMatchObject([
    { path: "/dev/sda", kernelName: "/dev/sdb", state: "InUse", reason: "PathMoved" },
  ]);
});

test("a path that leads to a new disk, while ours is away, is not taken for ours", async () => {
  const storage = new FakeStorage();
  const ours = storage.node.addDevice("/dev/sda", 1024);
  storage.node.addDevice("/dev/sdb", 1024);
  storage.wish({ devices: ["/dev/sda", "/dev/sdb"], volumes: [entry("1", "100Mi")] });
  await storage.settle();
  ours.presence = "missing";
  const fresh = storage.node.addDevice("/dev/sda", 2048);
  storage.restartAgent();
  await storage.settle();
  expect(fresh.signatures).toEqual([]);
  expect(storage.status.devices[0]).toMatchObject({ state: "Missing" });
  expect(storage.condition("Ready")).toBe("False DevicesMissing");
});

test("a disk that grew gives its room to the group", async () => {
  const storage = new FakeStorage();
  const device = storage.node.addDevice(stable, 1024);
  storage.wish({ devices: [stable] });
  await storage.settle();
  expect(storage.status.capacity).toBe(mib(1016));
  device.size *= 2;
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.node.writes).toEqual(["vgcreate", "pvresize"]);
  expect(storage.status.capacity).toBe(mib(2040));
});

test("a group whose disk is back leads its volumes to it anew", async () => {
  const storage = new FakeStorage();
  const device = storage.node.addDevice(stable, 1024);
  storage.node.addDevice("/dev/disk/by-id/b", 1024);
  storage.wish({ devices: [stable, "/dev/disk/by-id/b"], volumes: [entry("1", "100Mi")] });
  await storage.settle();
  device.presence = "missing";
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.condition("Ready")).toBe("False DevicesMissing");
  device.presence = "present";
  storage.restartAgent();
  storage.node.ran.length = 0;
  await storage.settle();
  expect(storage.node.writes).toEqual(["lvchange"]);
  expect(storage.condition("Ready")).toBe("True GroupReady");
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.node.writes).toEqual(["lvchange"]);
});

test("the only disk of a group, away and back, has its volumes led to it anew", async () => {
  const storage = new FakeStorage();
  const device = storage.node.addDevice(stable, 1024);
  storage.wish({ devices: [stable], volumes: [entry("1", "100Mi")] });
  await storage.settle();
  device.presence = "missing";
  const groups = storage.node.groups.splice(0);
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.condition("Ready")).toBe("False DevicesMissing");
  device.presence = "present";
  storage.node.groups.push(...groups);
  storage.node.ran.length = 0;
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.node.writes).toEqual(["lvchange"]);
  expect(storage.condition("Ready")).toBe("True GroupReady");
});

test("a disk that is back under another number before anybody saw it away, too", async () => {
  const storage = new FakeStorage();
  const device = storage.node.addDevice(stable, 1024);
  storage.wish({ devices: [stable], volumes: [entry("1", "100Mi")] });
  await storage.settle();
  storage.node.devices.splice(0, 1, { ...device, number: 7 });
  storage.node.ran.length = 0;
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.node.writes).toEqual(["lvchange"]);
});

test("a group that never was is made without the device that is not there yet", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice(stable, 1024);
  storage.wish({ devices: [stable, "/dev/disk/by-id/late"] });
  await storage.settle();
  expect(storage.condition("Ready")).toBe("True GroupReady");
  expect(storage.condition("DevicesReady")).toBe("False NotFound");
});

test("a group that was there and is not seen is never made anew, however clean its disk reads", async () => {
  const storage = new FakeStorage();
  const device = storage.node.addDevice(stable, 1024);
  storage.wish({ devices: [stable] });
  await storage.settle();
  storage.node.groups.splice(0);
  device.signatures.splice(0);
  delete device.group;
  storage.restartAgent();
  await storage.settle();
  expect(storage.node.writes).toEqual(["vgcreate"]);
  expect(storage.condition("Ready")).toBe("False DevicesMissing");
});
