import { minutes } from "@stowage/clock";
import { expect, test } from "vitest";
import { noBytes } from "@stowage/capacity";
import { confirmDevice } from "./confirm-device.ts";
import type { FakeDevice } from "./testing/fake-disks.ts";
import { entry, FakeStorage, handedOut } from "./testing/fake-storage.ts";
import { disk, withGroup } from "./testing/storages.ts";

const first = "/dev/disk/by-id/a";
const second = "/dev/disk/by-id/b";

const device = (storage: FakeStorage, path: string): FakeDevice => {
  const found = storage.node.present(path);
  if (found === undefined) throw new Error(`no ${path}`);
  return found;
};

test.for([
  {
    who: "a process without O_EXCL",
    use: { openers: new Map([[1262, "/usr/bin/qemu-system-x86_64"]]) },
    message: "is open in process 1262 (/usr/bin/qemu-system-x86_64)",
  },
  {
    who: "a loop device",
    use: { loop: { name: "/dev/loop7", file: first } },
    message: "losetup --detach /dev/loop7",
  },
  {
    who: "a loop device under a name of another mount namespace",
    use: { loop: { name: "/dev/loop7", file: "/var/lib/kubelet/plugins/x/dev/uid" } },
    message: "losetup --detach /dev/loop7",
  },
  {
    who: "a mount in another mount namespace",
    use: { mountElsewhere: "/data" },
    message: "is mounted on /data in the mount namespace of process 77",
  },
])("a blank device that $who uses is refused by name, others are not", async ({ use, message }) => {
  const storage = new FakeStorage();
  storage.node.addDevice(first, 1024, use);
  storage.node.addDevice(second, 1024);
  storage.wish({ devices: [first, second] });
  await storage.settle();
  expect(storage.status.devices).toMatchObject([
    { state: "Refused", reason: "Opened", message: expect.stringContaining(message) },
    { state: "InUse" },
  ]);
  expect(device(storage, first).signatures).toEqual([]);
});

test("programs that only probe devices, as udev does, keep none from being used", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice(first, 1024, { openers: new Map([[9, "/usr/bin/udevadm"]]) });
  storage.wish({ devices: [first] });
  await storage.settle();
  expect(storage.status.devices).toMatchObject([{ state: "InUse" }]);
});

test("whoever comes between the look and the first write keeps the device", async () => {
  const storage = new FakeStorage();
  const disk1 = storage.node.addDevice(first, 1024);
  let looks = 0;
  storage.node.trouble = ({ name }) => {
    if (name === "find open files") looks += 1;
    if (looks === 2) disk1.openers = new Map([[5, "/bin/dd"]]);
    return undefined;
  };
  storage.wish({ devices: [first] });
  await storage.reconcile();
  expect(storage.node.writes).toEqual([]);
  expect(storage.status.devices).toMatchObject([
    { state: "Refused", reason: "Opened", message: expect.stringContaining("process 5 (/bin/dd)") },
  ]);
});

test("users that cannot be looked for are not taken for none", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice(first, 1024);
  storage.node.trouble = ({ name }) =>
    name === "find open files" ? "nsenter: cannot open /proc/1/ns/mnt" : undefined;
  storage.wish({ devices: [first] });
  await storage.settle();
  expect(storage.status.devices).toMatchObject([{ reason: "Unreadable" }]);
  expect(storage.node.writes).toEqual([]);
});

test("a group that takes no device looks for no openers at all", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.settle();
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.node.ran.filter((name) => /openers|losetup|lvmconfig/.test(name))).toEqual([]);
});

test("a condemned volume that a loop device keeps open names it", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.settle();
  const volume = storage.node.volumeAt("/dev/fast/pvc-1");
  if (volume === undefined) throw new Error("no volume");
  volume.use = "open";
  volume.loop = "/dev/loop3";
  await storage.clock.advance(minutes(1));
  storage.wish({ devices: [disk], volumes: [handedOut("1", "100Mi", { delete: true })] });
  await storage.settle();
  expect(storage.status.volumes).toMatchObject([
    { reason: "InUse", message: expect.stringContaining("losetup --detach /dev/loop3") },
  ]);
});

const partitioned = (storage: FakeStorage, use: Partial<FakeDevice>): FakeDevice[] => {
  const whole = storage.node.addDevice(first, 1024, {
    signatures: ["gpt"],
    partitionTable: "gpt",
    serial: "S1",
  });
  const esp = storage.node.addDevice("/dev/sda1", 100, {
    type: "part",
    disk: first,
    links: [`${first}-part1`],
    signatures: ["vfat"],
  });
  const root = storage.node.addDevice("/dev/sda2", 900, {
    type: "part",
    disk: first,
    links: [`${first}-part2`],
    signatures: ["ext4"],
    ...use,
  });
  return [whole, esp, root];
};

const contents = (devices: readonly FakeDevice[]): string[] =>
  devices.map(({ signatures }) => signatures.join());

test("a system disk says which of its partitions is mounted, and is never told to be erased", async () => {
  const storage = new FakeStorage();
  const disks = partitioned(storage, { mountPoint: "/" });
  storage.wish({ devices: [{ path: first, wipe: true }] });
  await storage.settle();
  const [status] = storage.status.devices;
  expect(status).toMatchObject({
    reason: "Mounted",
    message:
      "has a partition in use, /dev/sda2 (/); name a partition that is free, or take it out of spec.devices",
  });
  expect(contents(disks)).toEqual(["gpt", "vfat", "ext4"]);
});

test.for([
  { use: { signatures: ["LVM2_member"] }, reason: "PartitionTable" },
  { use: { openers: new Map([[7, "/usr/bin/postgres"]]) }, reason: "Opened" },
  { use: { mountElsewhere: "/data" }, reason: "Opened" },
  { use: { links: [] }, reason: "PartitionTable" },
])("wipe erases nothing of a disk one partition of which has $use", async ({ use, reason }) => {
  const storage = new FakeStorage();
  const disks = partitioned(storage, use);
  const before = contents(disks);
  storage.wish({ devices: [{ path: first, wipe: true }] });
  await storage.settle();
  expect(storage.status.devices).toMatchObject([{ state: "Refused", reason }]);
  expect(contents(disks)).toEqual(before);
});

test("a partition that is mounted in the last moment keeps all of the disk as it is", async () => {
  const storage = new FakeStorage();
  const disks = partitioned(storage, {});
  storage.node.trouble = ({ name, args }) => {
    const [, , root] = disks;
    // The exclusive probe of the disk has passed by then.
    if (name === "wipefs --all --no-act" && args.includes(`${first}-part1`) && root !== undefined) {
      root.mountPoint = "/srv";
    }
    return undefined;
  };
  storage.wish({ devices: [{ path: first, wipe: true }] });
  await storage.reconcile();
  expect(contents(disks)).toEqual(["gpt", "vfat", "ext4"]);
  expect(storage.node.writes).toEqual([]);
});

test("confirmDevice refuses a path that leads to another disk by now", async () => {
  const storage = new FakeStorage();
  const other = storage.node.addDevice(first, 1024, { serial: "S1" });
  const known = {
    path: first,
    deviceNumber: "98:7",
    size: noBytes,
    sectorSize: noBytes,
    serial: "S1",
    partitions: [],
  };
  const confirmed = confirmDevice(storage.node.run, "fast", known);
  await Promise.all([
    expect(confirmed).rejects.toThrow(/does not lead any more/),
    storage.clock.advance(minutes(1)),
  ]);
  expect(other.signatures).toEqual([]);
});

test("a disk that has partitions is not taken, though its table is gone", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice("/dev/sda", 1024);
  storage.node.addDevice("/dev/sda1", 512, { disk: "/dev/sda", type: "part" });
  storage.wish({ devices: ["/dev/sda"] });
  await storage.settle();
  expect(storage.status.devices).toMatchObject([{ state: "Refused", reason: "PartitionTable" }]);
  expect(storage.node.writes).toEqual([]);
});
