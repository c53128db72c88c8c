import { minutes } from "@stowage/clock";
import { expect, test } from "vitest";
import type { FakeDevice } from "./testing/fake-disks.ts";
import { FakeStorage } from "./testing/fake-storage.ts";

const nvmeTcp = "../../devices/virtual/nvme-fabrics/ctl/nvme1/nvme1n1";

const foreign: readonly (readonly [string, Partial<FakeDevice>])[] = [
  ["/dev/nvme0n1", { transport: "nvme", model: "Amazon Elastic Block Store" }],
  ["/dev/nvme1n1", { transport: "nvme", place: nvmeTcp }],
  ["/dev/sdb", { transport: "iscsi", vendor: "IET", model: "VIRTUAL-DISK" }],
  ["/dev/sdc", { vendor: "Google", model: "PersistentDisk" }],
  ["/dev/sdd", { vendor: "Msft", model: "Virtual Disk" }],
  ["/dev/sde", { vendor: "LIO-ORG", model: "FILEIO", transport: "sas" }],
  ["/dev/sdf", { removable: true }],
  ["/dev/vda", { transport: "virtio" }],
  ["/dev/rbd0", {}],
  ["/dev/drbd0", {}],
  ["/dev/zd0", {}],
  ["/dev/pmem0", {}],
  ["/dev/mmcblk0boot0", {}],
  ["/dev/bcache0", {}],
];

const looks = async (storage: FakeStorage, count: number): Promise<void> => {
  for (let look = 0; look < count; look += 1) {
    await storage.settle();
    await storage.clock.advance(minutes(1));
  }
};

const writtenTo = (storage: FakeStorage): string[] =>
  storage.node.devices.filter(({ signatures }) => signatures.length > 0).map(({ path }) => path);

test("a bare size takes only disks of the machine itself, and says why not the others", async () => {
  const storage = new FakeStorage();
  for (const [path, more] of foreign) storage.node.addDevice(path, 1024, more);
  storage.node.addDevice("/dev/nvme9n1", 1024, { transport: "nvme" });
  storage.node.addDevice("/dev/sdz", 1024, { transport: "sas" });
  storage.wish({ match: { minSize: "100Mi" } });
  await looks(storage, 8);
  expect(writtenTo(storage)).toEqual(["/dev/nvme9n1", "/dev/sdz"]);
  const refused = storage.status.devices.filter(({ reason }) => reason === "NotLocal");
  expect(refused.map(({ path }) => path).toSorted()).toEqual(
    foreign.map(([path]) => path).toSorted(),
  );
  expect(storage.condition("DevicesReady")).toBe("True AllInUse");
});

test.for([
  { match: { transports: ["virtio"] }, path: "/dev/vda" },
  { match: { models: ["Amazon*"] }, path: "/dev/nvme0n1" },
  { match: { paths: ["/dev/rbd*"] }, path: "/dev/rbd0" },
])("$match asks for $path, and gets it", async ({ match, path }) => {
  const storage = new FakeStorage();
  for (const [name, more] of foreign) storage.node.addDevice(name, 1024, more);
  storage.wish({ match });
  await looks(storage, 8);
  expect(writtenTo(storage)).toEqual([path]);
});

test("a matched disk is used after it has been seen empty for five minutes, and not before", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice("/dev/sda", 1024);
  storage.wish({ match: { minSize: "100Mi" } });
  await looks(storage, 5);
  expect(storage.status.devices).toMatchObject([{ state: "Refused", reason: "Settling" }]);
  expect(writtenTo(storage)).toEqual([]);
  await looks(storage, 2);
  expect(writtenTo(storage)).toEqual(["/dev/sda"]);
});

test("a restart of the agent begins the time anew, and a day without a look does not shorten it", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice("/dev/sda", 1024);
  storage.wish({ match: { minSize: "100Mi" } });
  await looks(storage, 4);
  storage.restartAgent();
  await looks(storage, 4);
  expect(writtenTo(storage)).toEqual([]);
  storage.restartAgent();
  await storage.settle();
  await storage.clock.advance(minutes(60 * 24));
  await looks(storage, 2);
  expect(writtenTo(storage)).toEqual([]);
});

test("a disk that was anything but empty in between begins anew", async () => {
  const storage = new FakeStorage();
  const device = storage.node.addDevice("/dev/sda", 1024);
  storage.wish({ match: { minSize: "100Mi" } });
  await looks(storage, 4);
  device.openers = new Map([[5, "/usr/sbin/mkfs.ext4"]]);
  await looks(storage, 1);
  device.openers.clear();
  await looks(storage, 4);
  expect(writtenTo(storage)).toEqual([]);
});

test("a matched disk without a signature whose ends are not zero is not taken, a named one is", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice("/dev/sda", 1024, { ends: "data" });
  storage.wish({ match: { minSize: "100Mi" } });
  await looks(storage, 7);
  expect(storage.status.devices).toMatchObject([{ reason: "UnknownData" }]);
  storage.wish({ devices: ["/dev/sda"] });
  await storage.settle();
  expect(storage.status.devices).toMatchObject([{ state: "InUse" }]);
});

test("a disk that the host's global_filter shuts out is not taken, named or matched", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice("/dev/sda", 1024, { links: ["/dev/disk/by-id/a"] });
  storage.node.addDevice("/dev/sdb", 1024);
  storage.node.globalFilter = '"r|^/dev/sda$|", "r|/by-id/a$|"';
  storage.wish({ devices: ["/dev/disk/by-id/a", "/dev/sdb"] });
  await storage.settle();
  expect(storage.status.devices).toMatchObject([{ reason: "FilteredOut" }, { state: "InUse" }]);
});

test("odd names of udev's are passed over for the next best one", async () => {
  const storage = new FakeStorage();
  const links = ["/dev/disk/by-id/a\\x20b", "/dev/disk/by-id/c,d", "/dev/disk/by-id/wwn-1"];
  storage.node.addDevice("/dev/sda", 1024, { links });
  storage.wish({ match: { minSize: "100Mi" } });
  await storage.settle();
  expect(storage.status.devices).toMatchObject([{ path: "/dev/disk/by-id/wwn-1" }]);
});

test("a disk that may be another node's is not even opened", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice("/dev/sda", 1024);
  storage.node.addDevice("/dev/sdb", 1024, { transport: "fc" });
  const opened = new Set<string>();
  storage.node.trouble = ({ file, args }) => {
    const named = args.filter((word) => word.startsWith("/dev/sd"));
    if (file === "wipefs" || file === "cmp") for (const path of named) opened.add(path);
    return undefined;
  };
  storage.wish({ match: { minSize: "100Mi" } });
  await storage.settle();
  expect(storage.status.devices).toMatchObject([{ reason: "Settling" }, { reason: "NotLocal" }]);
  expect([...opened]).toEqual(["/dev/sda"]);
});
