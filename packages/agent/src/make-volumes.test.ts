import { mib } from "@stowage/capacity";
import { minutes } from "@stowage/clock";
import { tagsFor } from "@stowage/lvm";
import { expect, test } from "vitest";
import { entry, handedOut } from "./testing/fake-storage.ts";
import { disk, making, room, withGroup } from "./testing/storages.ts";

test("an entry becomes a volume with two LVM commands and one status", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "101Mi")] });
  await storage.reconcile();
  expect(storage.node.ran).toEqual([
    "lvcreate",
    "lsblk --nodeps",
    "wipefs",
    "blkdiscard",
    "blkdiscard",
    "lvchange",
  ]);
  expect(storage.node.group("fast")?.volumes[0]?.content).toBe("clean");
  expect(storage.written).toHaveLength(1);
  expect(storage.status).toMatchObject({
    allocatable: room,
    free: room - mib(104),
    volumeCount: 1,
    volumes: [{ name: "pvc-1", state: "Ready", size: mib(104), path: "/dev/fast/pvc-1" }],
  });
});

test("a volume that grew in spec is extended, and never shrunk", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  storage.wish({ devices: [disk], volumes: [entry("1", "200Mi")] });
  await storage.reconcile();
  expect(storage.status.volumes).toMatchObject([{ state: "Ready", size: mib(200) }]);
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  expect(storage.node.writes).toEqual([...making, "lvextend"]);
  // What it has beyond its entry is nobody's to promise.
  expect(storage.status).toMatchObject({ allocatable: room - mib(100), free: room - mib(200) });
});

test("an entry that does not fit fails with the arithmetic, and the true room with it", async () => {
  const storage = await withGroup();
  const group = storage.node.group("fast");
  if (group === undefined) throw new Error("no group");
  storage.node.addVolume(group, "by-hand", 250, []);
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Failed NoSpace" });
  expect(storage.written).toHaveLength(1);
  expect(storage.status.allocatable).toBe(mib(16));
  expect(storage.status.volumes[0]?.message).toBe("needs 100 MiB in fast, 16 MiB free of 1016 MiB");
  storage.node.ran.length = 0;
  await storage.reconcile();
  expect(storage.node.writes).toEqual([]);
});

test("another's volume of the name is never taken, nor removed", async () => {
  const storage = await withGroup();
  const group = storage.node.group("fast");
  if (group === undefined) throw new Error("no group");
  storage.node.addVolume(group, "pvc-1", 5, []);
  storage.node.addVolume(
    group,
    "pvc-2",
    5,
    tagsFor({ volume: "pvc-2", claim: { namespace: "a", name: "b", uid: "another" } }),
  );
  storage.wish({
    devices: [disk],
    volumes: [entry("1", "20Mi"), entry("2", "20Mi", { delete: true })],
  });
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Failed NameTaken", "pvc-2": "Deleted" });
  expect(group.volumes.map(({ name }) => name)).toEqual(["pvc-1", "pvc-2"]);
  expect(storage.status.orphans).toMatchObject([{ name: "pvc-2", claim: { uid: "another" } }]);
});

test("a restarted agent finds its volume made and makes no second", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  storage.restartAgent();
  storage.written.length = 0;
  await storage.reconcile();
  expect(storage.node.writes).toEqual(making);
  expect(storage.written).toEqual([]);
});

test("a volume whose wiping fails is wiped before it is Ready", async () => {
  const storage = await withGroup();
  storage.node.trouble = ({ name }) => (name === "wipefs" ? "wipefs: error: killed" : undefined);
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Creating LvmFailed" });
  storage.node.trouble = () => undefined;
  await storage.clock.advance(minutes(1));
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
  expect(storage.node.group("fast")?.volumes[0]?.content).toBe("clean");
});

// A power cut seconds after a claim was bound: its entry is still pending, the volume inactive,
// the report says Creating or has been lost. The tenant's file system is there all the same.
test.for(["Ready", "Creating", "nothing"])(
  "data is never wiped by an agent that starts and finds a report that says %s",
  async (said) => {
    const storage = await withGroup();
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    const volume = storage.node.group("fast")?.volumes[0];
    if (volume === undefined) throw new Error("no volume was made");
    volume.content = "data";
    storage.say(
      said === "nothing" ? [] : [{ name: "pvc-1", state: said === "Ready" ? "Ready" : "Creating" }],
    );
    storage.restartAgent();
    storage.node.trouble = ({ name }) => (name === "lvmreport" ? "  unreadable" : undefined);
    await storage.reconcile();
    storage.node.trouble = () => undefined;
    await storage.clock.advance(minutes(1));
    await storage.reconcile();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
    expect(volume.content).toBe("data");
  },
);

test.for([
  { form: entry, was: "Ready" },
  { form: handedOut, was: "handed out" },
])("a volume that was $was is never wiped by an agent that starts", async ({ form }) => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  storage.wish({ devices: [disk], volumes: [form("1", "100Mi")] });
  await storage.reconcile();
  const volume = storage.node.group("fast")?.volumes[0];
  if (volume === undefined) throw new Error("no volume");
  volume.content = "data";
  storage.restartAgent();
  await storage.reconcile();
  expect(volume.content).toBe("data");
});

test("a volume that was handed out and is not there is never made anew, empty", async () => {
  const storage = await withGroup();
  storage.wish({
    devices: [disk],
    volumes: [
      handedOut("1", "100Mi"),
      entry("2", "100Mi"),
      handedOut("3", "1Gi", { delete: true }),
    ],
  });
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({
    "pvc-1": "Failed Missing",
    "pvc-2": "Ready",
    "pvc-3": "Deleted",
  });
  expect(storage.node.group("fast")?.volumes.map(({ name }) => name)).toEqual(["pvc-2"]);
});
