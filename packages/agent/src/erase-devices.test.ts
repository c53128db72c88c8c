import { minutes } from "@stowage/clock";
import { expect, test } from "vitest";
import type { FakeDevice } from "./testing/fake-disks.ts";
import { FakeStorage } from "./testing/fake-storage.ts";

const path = "/dev/disk/by-id/a";
const wiped = { devices: [{ path, wipe: true as const }] };

const erased = async (): Promise<{ storage: FakeStorage; device: FakeDevice }> => {
  const storage = new FakeStorage();
  const device = storage.node.addDevice(path, 1024, { signatures: ["ext4"], serial: "S1" });
  storage.wish(wiped);
  await storage.settle();
  return { storage, device };
};

/** As an admin takes it out by hand and gives it another use. */
const reuse = (storage: FakeStorage, device: FakeDevice): void => {
  storage.node.groups.splice(0);
  delete device.group;
  device.signatures.splice(0, device.signatures.length, "xfs");
};

const anotherLook = async (storage: FakeStorage): Promise<void> => {
  await storage.clock.advance(minutes(1));
  await storage.settle();
};

test("what is erased is told before it is, and that it was stays told", async () => {
  const { storage, device } = await erased();
  const told = storage.written.map(({ devices: [first] }) => [first?.erased, first?.erasing]);
  expect(told).toContainEqual(["S1", ["ext4"]]);
  expect(storage.status.devices).toMatchObject([{ state: "InUse", erased: "S1" }]);
  expect(storage.status.devices[0]?.erasing).toBeUndefined();
  expect(device.signatures).toEqual(["LVM2_member"]);
});

test("wipe is done once: what comes onto the disk later stays until it is asked for anew", async () => {
  const { storage, device } = await erased();
  const other = storage.node.addDevice("/dev/disk/by-id/b", 1024);
  storage.wish({ devices: [...wiped.devices, "/dev/disk/by-id/b"] });
  await storage.settle();
  delete device.group;
  device.signatures.splice(0, device.signatures.length, "xfs");
  storage.restartAgent();
  await anotherLook(storage);
  expect(other.signatures).toEqual(["LVM2_member"]);
  expect(device.signatures).toEqual(["xfs"]);
});

test("a disk whose wish is spent is erased again only after wipe was taken off and put on", async () => {
  const storage = new FakeStorage();
  const device = storage.node.addDevice(path, 1024, { serial: "S1" });
  storage.node.addDevice("/dev/disk/by-id/b", 1024);
  const both = { devices: [...wiped.devices, "/dev/disk/by-id/b"] };
  storage.node.trouble = ({ name, args }) =>
    name.startsWith("vg") && args.at(-1) === path ? "  I/O error" : undefined;
  storage.wish(both);
  await storage.settle();
  // Clean, and told to be, though it could not be used.
  expect(storage.status.devices[0]).toMatchObject({ erased: "S1" });
  device.signatures.push("xfs");
  storage.restartAgent();
  await anotherLook(storage);
  expect(device.signatures).toEqual(["xfs"]);
  expect(storage.status.devices[0]).toMatchObject({ state: "Refused", reason: "ErasedBefore" });

  storage.wish({ devices: [path, "/dev/disk/by-id/b"] });
  await storage.settle();
  expect(storage.status.devices[0]?.erased).toBeUndefined();
  storage.node.trouble = () => undefined;
  storage.wish(both);
  await storage.settle();
  expect(storage.status.devices[0]).toMatchObject({ state: "InUse", erased: "S1" });
});

test("an erasure that was cut off goes on, unless something else is on the disk by then", async () => {
  for (const [found, left] of [
    ["ext4", ["LVM2_member"]],
    ["xfs", ["xfs"]],
  ] as const) {
    const storage = new FakeStorage();
    const device = storage.node.addDevice(path, 1024, { signatures: ["ext4"], serial: "S1" });
    storage.node.trouble = ({ name }) => (name === "wipefs" ? "killed" : undefined);
    storage.wish(wiped);
    await storage.reconcile();
    expect(storage.status.devices).toMatchObject([{ erased: "S1", erasing: ["ext4"] }]);
    device.signatures.splice(0, 1, found);
    storage.node.trouble = () => undefined;
    storage.restartAgent();
    await anotherLook(storage);
    expect(device.signatures).toEqual(left);
  }
});

test("a disk that was used before there was such a record is not erased again either", async () => {
  const { storage, device } = await erased();
  const { status } = storage;
  for (const told of status.devices) delete told.erased;
  storage.restartAgent();
  await anotherLook(storage);
  expect(storage.status.devices).toMatchObject([{ state: "InUse", erased: "S1" }]);
  reuse(storage, device);
  storage.restartAgent();
  await anotherLook(storage);
  expect(device.signatures).toEqual(["xfs"]);
});

test("a partition table inside a partition, which wipefs passes over, is a failure in words", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice(path, 1024, { signatures: ["gpt"], serial: "S1" });
  storage.node.addDevice("/dev/sda1", 900, {
    type: "part",
    disk: path,
    links: [`${path}-part1`],
    signatures: ["dos"],
    nested: true,
  });
  storage.wish(wiped);
  await storage.reconcile();
  expect(storage.status.devices).toMatchObject([
    {
      state: "Refused",
      reason: "DeviceNotErased",
      message: expect.stringContaining("wipefs --all --force"),
    },
  ]);
  expect(storage.node.present(path)?.signatures).toEqual(["gpt"]);
});

test.for([
  { comes: "LVM2_member", at: "wipefs" },
  { comes: "xfs", at: "losetup" },
])(
  "$comes that comes onto a disk after the look, before $at, is not erased with what was told",
  async ({ comes, at }) => {
    const storage = new FakeStorage();
    const device = storage.node.addDevice(path, 1024, { signatures: ["ext4"], serial: "S1" });
    storage.wish(wiped);
    let acting = "no";
    storage.node.trouble = ({ name }) => {
      // Told, and about to be done: the closer look of that round has read its losetup already.
      if (storage.written.at(-1)?.devices[0]?.erasing !== undefined && name === at) {
        acting = "yes";
        if (!device.signatures.includes(comes)) device.signatures.splice(0, 1, comes);
        if (comes === "LVM2_member" && device.group === undefined) {
          device.group = storage.node.addGroup("theirs", []).uuid;
        }
      }
      return undefined;
    };
    await storage.settle();
    expect(acting).toBe("yes");
    expect(device.signatures).toEqual([comes]);
    expect(storage.status.devices[0]?.state).not.toBe("InUse");
  },
);

test("an agent that has long told of all else tells what it erases before it does", async () => {
  const storage = new FakeStorage();
  const other = "/dev/disk/by-id/b";
  storage.node.addDevice(other, 1024);
  storage.node.addDevice(path, 1024, { signatures: ["ext4"], serial: "S1" });
  storage.wish({ devices: [other] });
  await storage.settle();
  const told: unknown[] = [];
  storage.node.trouble = ({ name }) => {
    const device = storage.status.devices.find((one) => one.path === path);
    if (name === "wipefs") told.push(device?.erasing);
    return undefined;
  };
  storage.wish({ devices: [other, ...wiped.devices] });
  await storage.settle();
  expect(told).toEqual([["ext4"]]);
});

const changes = {
  "another serial number": (_: FakeStorage, device: FakeDevice) =>
    Object.assign(device, { serial: "S2" }),
  "a partition": ({ node }: FakeStorage) =>
    node.addDevice(`${path}-part1`, 64, { disk: path, type: "part" }),
};

test.for(["another serial number", "a partition"] as const)(
  "a disk that has %s after the look is looked at anew before it is erased",
  async (change) => {
    const storage = new FakeStorage();
    const device = storage.node.addDevice(path, 1024, { signatures: ["ext4"], serial: "S1" });
    storage.wish(wiped);
    const after: string[] = [];
    storage.node.trouble = ({ name }) => {
      const isTold = storage.written.at(-1)?.devices[0]?.erasing !== undefined;
      if (after.length > 0) after.push(name);
      else if (isTold && name === "stat") {
        changes[change](storage, device);
        after.push(name);
      }
      return undefined;
    };
    await storage.settle();
    expect(after.slice(0, after.indexOf("fullreport"))).not.toContain("wipefs");
    expect(after).toContain("fullreport");
  },
);
