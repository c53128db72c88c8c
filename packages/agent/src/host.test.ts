import { minutes, seconds } from "@stowage/clock";
import { expect, test } from "vitest";
import type { FakeStorage } from "./testing/fake-storage.ts";
import { entry } from "./testing/fake-storage.ts";
import { plainHost } from "./testing/plain-host.ts";
import { disk, withGroup } from "./testing/storages.ts";

const messageOf = ({ status }: FakeStorage): string | undefined =>
  status.conditions.find(({ type }) => type === "Ready")?.message;

test("a volume_list that leaves the group out refuses claims by name, until it is undone", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  storage.host = { ...plainHost, volumeList: ["other", "@backup"] };
  storage.wish({
    devices: [disk],
    volumes: [entry("1", "100Mi"), entry("2", "100Mi")],
  });
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready", "pvc-2": "Failed NotInVolumeList" });
  expect(storage.condition("Ready")).toBe("False NotInVolumeList");
  expect(messageOf(storage)).toContain("volume_list in the node's lvm.conf (other, @backup)");

  storage.host = plainHost;
  await storage.clock.advance(minutes(1));
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready", "pvc-2": "Ready" });
});

test.for([
  { volumeList: ["fast"] },
  { volumeList: ["other", "@stowage.dev/managed"] },
  { volumeList: ["@*"] },
])("a volume_list of $volumeList lets the group's volumes be activated", async ({ volumeList }) => {
  const storage = await withGroup();
  storage.host = { ...plainHost, volumeList };
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
});

test("what an admin should know of the host stands in the condition's message", async () => {
  const storage = await withGroup();
  storage.host = {
    ...plainHost,
    lvmVersion: "2.03.11(2)",
    confinement: "filter",
    archiveTrouble: "Cannot archive volume group metadata for fast to read-only filesystem.",
  };
  storage.wish({ devices: [disk] });
  await storage.reconcile();
  expect(messageOf(storage)).toBe(
    "takes volumes; LVM keeps no copies of its metadata here (Cannot archive volume group metadata for fast to read-only filesystem.); LVM 2.03.11(2) knows no --devices, and is confined by a filter; 2.03.12 does",
  );
});

test("a group that cannot be seen keeps its orphans in the report", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  storage.wish({ devices: [disk] });
  await storage.reconcile();
  expect(storage.status.orphans).toMatchObject([{ name: "pvc-1" }]);
  const [device] = storage.node.devices;
  if (device !== undefined) device.presence = "missing";
  await storage.clock.advance(seconds(60));
  await storage.reconcile();
  expect(storage.condition("Ready")).toBe("False DevicesMissing");
  expect(storage.status.orphans).toMatchObject([{ name: "pvc-1" }]);
});
