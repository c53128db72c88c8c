import { minutes, seconds } from "@stowage/clock";
import { LvmError } from "@stowage/lvm";
import { expect, test } from "vitest";
import { entry, handedOut } from "./testing/fake-storage.ts";
import { disk, making, withDisk, withGroup } from "./testing/storages.ts";

test("a full metadata area refuses claims while removals pass", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  const group = storage.node.group("fast");
  if (group === undefined) throw new Error("no group");
  group.metadataFree = 1000;
  storage.restartAgent();
  storage.wish({
    devices: [disk],
    volumes: [entry("1", "100Mi", { wipe: "none", delete: true }), entry("2", "100Mi")],
  });
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleted", "pvc-2": "Failed MetadataFull" });
  expect(storage.condition("Ready")).toBe("False MetadataFull");

  group.metadataFree = 1024 ** 2;
  await storage.clock.advance(minutes(1));
  await storage.reconcile();
  expect(storage.volumeStates).toMatchObject({ "pvc-2": "Ready" });
  expect(storage.condition("Ready")).toBe("True GroupReady");
});

test("a full metadata area refuses growth, and a batch of claims fills it no further", async () => {
  const storage = await withGroup();
  const volumes = Array.from({ length: 6 }, (_, index) => entry(`${index}`, "4Mi"));
  const group = storage.node.group("fast");
  if (group === undefined) throw new Error("no group");
  group.metadataFree = 19 * 1024;
  storage.restartAgent();
  storage.wish({ devices: [disk], volumes });
  await storage.reconcile();
  expect(storage.node.writes.filter((name) => name === "lvcreate")).toHaveLength(4);
  group.metadataFree = 15 * 1024;
  storage.wish({ devices: [disk], volumes: [entry("0", "8Mi")] });
  storage.restartAgent();
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-0": "Failed MetadataFull" });
});

test("a command that times out leaves its volume pending, and is tried again", async () => {
  const storage = await withGroup();
  storage.node.trouble = ({ name }) =>
    name === "lvcreate" ? new LvmError("lvm_timeout", { command: name }) : undefined;
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  const next = await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Creating LvmTimeout" });
  expect(next).toMatchObject({ kind: "again" });
  storage.node.trouble = () => undefined;
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Creating LvmTimeout" });
  await storage.clock.advance(seconds(1));
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
});

test("a missing device stops changes, but not the volumes on the others", async () => {
  const storage = await withGroup();
  const second = storage.node.addDevice("/dev/sdb", 1024);
  storage.wish({ devices: [disk, "/dev/sdb"], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  second.presence = "missing";
  storage.restartAgent();
  storage.wish({
    devices: [disk, "/dev/sdb"],
    volumes: [entry("1", "100Mi"), entry("2", "1Mi")],
  });
  storage.node.ran.length = 0;
  await storage.reconcile();
  expect(storage.node.writes).toEqual([]);
  expect(storage.condition("Ready")).toBe("False DevicesMissing");
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready", "pvc-2": "Failed DevicesMissing" });
  expect(storage.status.devices[1]).toMatchObject({
    path: "/dev/sdb",
    id: "uuid-/dev/sdb",
    state: "Missing",
  });
  second.presence = "present";
  await storage.clock.advance(minutes(1));
  await storage.reconcile();
  expect(storage.condition("Ready")).toBe("True GroupReady");
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready", "pvc-2": "Ready" });
});

test("what is wrong with a group stands in its condition, and with a volume only where a claim waits", async () => {
  const storage = await withGroup();
  const [device] = storage.node.devices;
  if (device === undefined) throw new Error("no device");
  device.presence = "missing";
  storage.restartAgent();
  const old = Array.from({ length: 200 }, (_, index) => handedOut(`${index}`, "1Mi"));
  storage.wish({ devices: [disk], volumes: [...old, entry("new", "1Mi")] });
  await storage.reconcile();
  const words = storage.status.conditions.find(({ type }) => type === "Ready")?.message ?? "";
  expect(words).toContain(`${disk} may hold fast`);
  const repeated = storage.status.volumes.filter(({ message = "" }) => message.includes(words));
  expect(repeated.map(({ name }) => name)).toEqual(["pvc-new"]);
  const reported = storage.status.volumes[0];
  expect(reported).toMatchObject({ state: "Failed", reason: "DevicesMissing" });
  expect(JSON.stringify(reported).length).toBeLessThan(200);
});

test("no tombstone is done while the group may only be away", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  const [device] = storage.node.devices;
  if (device === undefined) throw new Error("no device");
  device.presence = "missing";
  storage.restartAgent();
  storage.wish({
    devices: [disk],
    volumes: [entry("1", "100Mi", { wipe: "none", delete: true })],
  });
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleting DevicesMissing" });
});

test("a look that fails leaves the old status, and says so in Ready alone", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  const before = storage.status;
  storage.node.trouble = () => "nsenter: reassociate to namespace failed";
  storage.restartAgent();
  await storage.reconcile();
  expect(storage.condition("Ready")).toBe("False ScanFailed");
  expect({ ...storage.status, conditions: [] }).toEqual({ ...before, conditions: [] });
  storage.node.trouble = () => undefined;
  await storage.reconcile();
  expect(storage.condition("Ready")).toBe("True GroupReady");
});

test("an object under a wrong name for its group is not served", async () => {
  const storage = withDisk();
  storage.wish({ devices: [disk], volumeGroup: "slow" });
  await storage.reconcile();
  expect(storage.node.ran).toEqual([]);
  expect(storage.condition("Ready")).toBe("False WrongName");
});

test("a status that could not be written is written by the next go", async () => {
  const storage = await withGroup();
  storage.refusal = new Error("connection refused");
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await expect(storage.reconcile()).rejects.toThrow("connection refused");
  storage.refusal = undefined;
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
  expect(storage.node.writes).toEqual(making);
});
