import { seconds } from "@stowage/clock";
import { expect, test } from "vitest";
import { entry } from "./testing/fake-storage.ts";
import { disk, making, withGroup } from "./testing/storages.ts";

test("after a reboot volumes and orphans are activated, what others made is left", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi"), entry("2", "100Mi")] });
  await storage.reconcile();
  const group = storage.node.group("fast");
  if (group === undefined) throw new Error("no group");
  storage.node.addVolume(group, "by-hand", 5, []);
  for (const volume of group.volumes) volume.activation = "inactive";
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  storage.restartAgent();
  await storage.reconcile();
  expect(group.volumes.map(({ activation }) => activation)).toEqual([
    "active",
    "active",
    "inactive",
  ]);
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
});

test("a volume that a killed command left suspended is resumed, what others made is left", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  const group = storage.node.group("fast");
  if (group === undefined) throw new Error("no group");
  storage.node.addVolume(group, "by-hand", 5, []);
  for (const volume of group.volumes) volume.activation = "suspended";
  storage.restartAgent();
  await storage.reconcile();
  expect(group.volumes.map(({ activation }) => activation)).toEqual(["active", "suspended"]);
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
});

test("a device node that is missing is made again", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  const volume = storage.node.group("fast")?.volumes[0];
  if (volume === undefined) throw new Error("no volume");
  volume.link = "absent";
  storage.restartAgent();
  await storage.reconcile();
  expect(storage.node.writes).toEqual([...making, "vgmknodes"]);
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
});

test("an activation that ends well and changes nothing is a failure of its volume alone, with its cause", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi"), entry("2", "100Mi")] });
  await storage.reconcile();
  for (const volume of storage.node.group("fast")?.volumes ?? []) volume.activation = "inactive";
  storage.restartAgent();
  storage.wish({
    devices: [disk],
    volumes: [entry("1", "100Mi"), entry("2", "100Mi"), entry("3", "100Mi")],
  });
  storage.node.spell = ({ args }) =>
    args.some((arg) => arg.endsWith("pvc-1")) ? "without_effect" : "none";
  storage.node.ran.length = 0;
  await storage.reconcile();
  await storage.clock.advance(seconds(1));
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({
    "pvc-1": "Creating NoEffect",
    "pvc-2": "Ready",
    "pvc-3": "Ready",
  });
  expect(storage.status.volumes[0]?.message).toContain(
    "lvchange --activate: ended well and changed nothing of pvc-1; volume_list in the host's lvm.conf may leave it out",
  );
  // Both at once, then each alone.
  expect(storage.node.writes).toEqual(["lvchange", ...making, "lvchange", "lvchange"]);
});
