import { mib } from "@stowage/capacity";
import { seconds } from "@stowage/clock";
import { expect, test } from "vitest";
import { entry } from "./testing/fake-storage.ts";
import { disk, making, room, withGroup } from "./testing/storages.ts";

test("absence never deletes: a dropped entry leaves an orphan", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  storage.wish({ devices: [disk], volumes: [] });
  await storage.reconcile();
  storage.forget();
  await storage.reconcile();
  expect(storage.node.writes).toEqual(making);
  storage.wish({ devices: [disk], volumes: [] });
  await storage.reconcile();
  expect(storage.status).toMatchObject({
    orphans: [{ name: "pvc-1", size: mib(100), claim: { name: "data-1" } }],
    allocatable: room - mib(100),
  });
});

test("an orphan goes by an entry with a tombstone, with or without its claim", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  storage.wish({
    devices: [disk],
    volumes: [{ name: "pvc-1", size: "1", wipe: "none", delete: true }],
  });
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleted" });
  expect(storage.node.group("fast")?.volumes).toEqual([]);
});

test("removals come first, and their room can be used in the same go", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "1000Mi")] });
  await storage.reconcile();
  storage.wish({
    devices: [disk],
    volumes: [entry("2", "900Mi"), entry("1", "1000Mi", { wipe: "none", delete: true })],
  });
  await storage.reconcile();
  expect(storage.node.writes).toEqual([...making, "lvremove", ...making]);
  expect(storage.volumeStates).toEqual({ "pvc-2": "Ready", "pvc-1": "Deleted" });
});

test("a volume in use is removed soon after its last user is gone", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  const volume = storage.node.group("fast")?.volumes[0];
  if (volume === undefined) throw new Error("no volume");
  volume.use = "open";
  storage.wish({
    devices: [disk],
    volumes: [entry("1", "100Mi", { wipe: "none", delete: true })],
  });
  const next = await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleting InUse" });
  expect(next).toEqual({ kind: "again", after: seconds(1) });
  volume.use = "closed";
  await storage.clock.advance(seconds(3));
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleted" });
});

test("however long the users of a condemned volume are looked for, others are made meanwhile", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  const volume = storage.node.group("fast")?.volumes[0];
  if (volume === undefined) throw new Error("no volume");
  volume.use = "open";
  volume.openers = new Map([[77, "/usr/bin/database"]]);
  storage.node.duration = ({ name }) => seconds(name === "find open files" ? 5 : 0);
  storage.restartAgent();
  storage.wish({
    devices: [disk],
    volumes: [entry("1", "100Mi", { wipe: "none", delete: true }), entry("2", "100Mi")],
  });
  await storage.settle();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleting InUse", "pvc-2": "Ready" });
  const looks = storage.node.ran.filter((name) => name === "find open files").length;
  expect([1, 2, 3, 4, 5]).toContain(looks);
});
