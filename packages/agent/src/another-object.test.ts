import { expect, test } from "vitest";
import type { FakeStorage } from "./testing/fake-storage.ts";
import { disk, room, withGroup } from "./testing/storages.ts";

const withoutGroup = async (): Promise<FakeStorage> => {
  const storage = await withGroup();
  expect(storage.condition("Ready")).toBe("True GroupReady");
  // As `vgremove` and `pvremove` by hand leave it.
  storage.node.groups.length = 0;
  for (const device of storage.node.devices) {
    delete device.group;
    device.signatures.length = 0;
  }
  return storage;
};

test("another object under the same name begins with an empty group, whatever was said in the first one", async () => {
  const storage = await withoutGroup();
  storage.replace({ devices: [disk] });
  await storage.reconcile();
  expect(storage.condition("Ready")).toBe("True GroupReady");
});

test("another object under the same name gets no report that was meant for the first one", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], reserved: "100Mi" });
  storage.beforeReport = () => {
    storage.beforeReport = () => undefined;
    storage.replace({ devices: [] });
  };
  await storage.reconcile();
  expect(storage.written).toEqual([]);
  await storage.reconcile();
  expect(storage.status.allocatable).toBe(room);
});
