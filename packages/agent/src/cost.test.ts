import { bytes, gib, mib } from "@stowage/capacity";
import { minutes, seconds } from "@stowage/clock";
import { expect, test } from "vitest";
import { entry, FakeStorage } from "./testing/fake-storage.ts";
import { disk, withGroup } from "./testing/storages.ts";

test("an idle minute costs one LVM command, no write and no word", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  storage.node.ran.length = 0;
  storage.written.length = 0;
  storage.messages.length = 0;
  await storage.clock.advance(minutes(1));
  const next = await storage.reconcile();
  expect(storage.node.ran).toEqual(["stat", "lsblk", "fullreport"]);
  expect(storage.written).toEqual([]);
  expect(storage.messages).toEqual([]);
  expect(next).toEqual({ kind: "again", after: minutes(1) });
});

test("in a long batch what is done is reported about every second", async () => {
  const storage = await withGroup();
  storage.node.duration = ({ name }) => seconds(name === "lvchange" ? 1 : 0);
  storage.wish({
    devices: [disk],
    volumes: Array.from({ length: 5 }, (_, index) => entry(`${index}`, "4Mi")),
  });
  await storage.reconcile();
  expect(storage.node.writes.filter((name) => name.startsWith("lv"))).toHaveLength(10);
  expect(storage.written.map(({ volumeCount }) => volumeCount)).toEqual([1, 2, 3, 4, 5]);
});

test("volumes of a thousand entries are judged and reported in one go", async () => {
  const storage = new FakeStorage();
  storage.node.addDevice(disk, 8192);
  storage.wish({
    devices: [disk],
    volumes: Array.from({ length: 1000 }, (_, index) => entry(`${index}`, "4Mi")),
  });
  await storage.reconcile();
  expect(storage.status.volumeCount).toBe(1000);
  expect(storage.status.free).toBe(bytes(gib(8) - mib(8) - mib(4000)));
});
