import { mib } from "@stowage/capacity";
import { minutes, seconds } from "@stowage/clock";
import { LvmError } from "@stowage/lvm";
import { expect, test } from "vitest";
import { entry, FakeStorage } from "./testing/fake-storage.ts";

const first = "/dev/disk/by-id/a";
const second = "/dev/disk/by-id/b";
const leaving = { path: first, evacuate: true as const };

/** Two devices of 1016 MiB each; pvc-1 lies on the first. */
const withTwoDevices = async (size = "400Mi"): Promise<FakeStorage> => {
  const storage = new FakeStorage();
  storage.node.addDevice(first, 1024);
  storage.node.addDevice(second, 1024);
  storage.wish({ devices: [first, second], volumes: [entry("1", size)] });
  await storage.settle();
  storage.node.ran.length = 0;
  return storage;
};

const volumes = [entry("1", "400Mi")];

test("a device to be evacuated is held, emptied, taken out and freed of its label", async () => {
  const storage = await withTwoDevices();
  storage.wish({ devices: [leaving, second], volumes });
  await storage.settle();
  expect(storage.node.writes).toEqual(["pvchange", "pvmove", "vgreduce", "pvremove"]);
  expect(storage.status.devices).toMatchObject([
    { path: first, state: "Evacuated" },
    { path: second, state: "InUse" },
  ]);
  expect(storage.node.devices.find(({ path }) => path === first)?.signatures).toEqual([]);
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
  expect(storage.status.capacity).toBe(mib(1016));
  expect(storage.condition("Ready")).toBe("True GroupReady");

  storage.node.ran.length = 0;
  await storage.clock.advance(minutes(2));
  await storage.settle();
  expect(storage.node.writes).toEqual([]);
});

test("while it is emptied other volumes are made on the rest, and its state says so", async () => {
  const storage = await withTwoDevices();
  storage.node.duration = ({ name }) => seconds(name === "pvmove" ? 60 : 0);
  storage.wish({ devices: [leaving, second], volumes });
  await storage.reconcile();
  expect(storage.status.devices[0]).toMatchObject({ state: "Evacuating", reason: "Evacuating" });
  const next = await storage.reconcile();
  expect(next).toEqual({ kind: "again", after: seconds(10) });
  storage.wish({ devices: [leaving, second], volumes: [...volumes, entry("2", "100Mi")] });
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready", "pvc-2": "Ready" });
});

test("it is refused with the arithmetic when the rest has no room, and nothing is written", async () => {
  const storage = await withTwoDevices("1200Mi");
  storage.wish({ devices: [leaving, second], volumes: [entry("1", "1200Mi")] });
  await storage.settle();
  expect(storage.node.writes).toEqual([]);
  expect(storage.status.devices[0]).toMatchObject({
    state: "InUse",
    reason: "NoSpace",
    message: expect.stringMatching(/1016 MiB of volumes need room, 832 MiB free on the other/),
  });
  expect(storage.condition("Ready")).toBe("True GroupReady");
});

test("when every device is to leave, the one that holds the volumes stays", async () => {
  const storage = await withTwoDevices();
  storage.wish({ devices: [leaving, { path: second, evacuate: true }], volumes });
  await storage.settle();
  expect(storage.node.writes).toEqual(["pvchange", "vgreduce", "pvremove"]);
  expect(storage.status.devices).toMatchObject([
    { state: "InUse", reason: "LastDevice" },
    { state: "Evacuated" },
  ]);
});

test("a move that was cut off goes on after a restart", async () => {
  const storage = await withTwoDevices();
  storage.node.trouble = ({ name }) =>
    name === "pvmove" ? new LvmError("lvm_failed", { command: name }) : undefined;
  storage.wish({ devices: [leaving, second], volumes });
  await storage.settle();
  expect(storage.status.devices[0]).toMatchObject({ state: "Evacuating", reason: "LvmFailed" });
  storage.node.trouble = () => undefined;
  storage.restartAgent();
  await storage.settle();
  expect(storage.status.devices[0]).toMatchObject({ state: "Evacuated" });
});

test("a move that was left halfway is brought to its end although nobody wants it any more", async () => {
  const storage = await withTwoDevices();
  storage.node.trouble = ({ name }) => (name === "pvmove" ? "  No." : undefined);
  storage.wish({ devices: [leaving, second], volumes });
  await storage.settle();
  const group = storage.node.group("fast");
  if (group === undefined) throw new Error("no group");
  group.halfwayFrom = first;
  storage.node.trouble = () => undefined;
  storage.restartAgent();
  storage.wish({ devices: [first, second], volumes });
  await storage.settle();
  expect(group.halfwayFrom).toBeUndefined();
  expect(storage.node.devices[0]).toMatchObject({ allocation: "allocatable", tags: [] });
  expect(storage.status.devices[0]).toMatchObject({ state: "InUse" });
});

test("a move that ends well and moves nothing is a failure, and is not repeated without pause", async () => {
  const storage = await withTwoDevices();
  storage.node.spell = ({ name }) => (name === "pvmove" ? "without_effect" : "none");
  storage.wish({ devices: [leaving, second], volumes });
  await storage.settle();
  expect(storage.status.devices[0]).toMatchObject({ state: "Evacuating", reason: "NoEffect" });
  expect(storage.status.devices[0]?.message).toContain("`pvmove --abort` takes it back");
  expect(storage.node.writes.filter((name) => name === "pvmove")).toHaveLength(1);
});

test("an agent cut off between vgreduce and pvremove removes the label later", async () => {
  const storage = await withTwoDevices();
  storage.node.trouble = ({ name }) => (name === "pvremove" ? "killed" : undefined);
  storage.wish({ devices: [leaving, second], volumes });
  await storage.settle();
  expect(storage.status.devices[0]).toMatchObject({ path: first });
  storage.node.trouble = () => undefined;
  storage.restartAgent();
  await storage.settle();
  expect(storage.status.devices[0]).toMatchObject({ state: "Evacuated" });
  expect(storage.node.devices.find(({ path }) => path === first)?.signatures).toEqual([]);
});

test("a device whose evacuation is called off takes volumes again", async () => {
  const storage = await withTwoDevices();
  storage.node.trouble = ({ name }) => (name === "pvmove" ? "  No." : undefined);
  storage.wish({ devices: [leaving, second], volumes });
  await storage.settle();
  storage.wish({ devices: [first, second], volumes });
  await storage.settle();
  expect(storage.status.devices[0]).toMatchObject({ state: "InUse" });
  expect(storage.node.devices[0]).toMatchObject({ allocation: "allocatable", tags: [] });
  expect(storage.status.allocatable).toBe(mib(2032));
});

test("an evacuated device that is wished for again joins the group again", async () => {
  const storage = await withTwoDevices();
  storage.wish({ devices: [leaving, second], volumes });
  await storage.settle();
  storage.wish({ devices: [first, second], volumes });
  await storage.settle();
  expect(storage.status.devices[0]).toMatchObject({ state: "InUse" });
});
