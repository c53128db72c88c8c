import { gib, mib } from "@stowage/capacity";
import { minutes, seconds } from "@stowage/clock";
import { LvmError } from "@stowage/lvm";
import { expect, test } from "vitest";
import type { FakeVolume } from "./testing/fake-disks.ts";
import { entry, FakeStorage } from "./testing/fake-storage.ts";

const disk = "/dev/disk/by-id/a";

/** A group of 8 GiB with the volume pvc-1 of 2 GiB in it. */
const withVolume = async (): Promise<{ storage: FakeStorage; volume: FakeVolume }> => {
  const storage = new FakeStorage();
  storage.node.addDevice(disk, 8192);
  storage.wish({ devices: [disk], volumes: [entry("1", "2Gi")] });
  await storage.settle();
  const volume = storage.node.group("fast")?.volumes[0];
  if (volume === undefined) throw new Error("no volume");
  storage.node.ran.length = 0;
  return { storage, volume };
};

test.for([
  { wipe: undefined, commands: ["blkdiscard --zeroout", "blkdiscard --zeroout", "lvremove"] },
  { wipe: "zero" as const, commands: ["blkdiscard --zeroout", "blkdiscard --zeroout", "lvremove"] },
  { wipe: "discard" as const, commands: ["blkdiscard", "blkdiscard", "lvremove"] },
  { wipe: "none" as const, commands: ["lvremove"] },
])("wipe $wipe before a removal runs $commands", async ({ wipe, commands }) => {
  const storage = new FakeStorage();
  storage.node.addDevice(disk, 8192);
  storage.wish({ devices: [disk], volumes: [entry("1", "500Mi")] });
  await storage.settle();
  const lines: string[] = [];
  storage.node.trouble = ({ name, args }) => {
    if (name === "blkdiscard" || name === "lvremove") {
      lines.push([name, ...args.filter((arg) => arg === "--zeroout")].join(" "));
    }
    return undefined;
  };
  const more = wipe === undefined ? {} : { wipe };
  storage.wish({ devices: [disk], volumes: [entry("1", "500Mi", { ...more, delete: true })] });
  await storage.settle();
  expect(lines).toEqual(commands);
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleted" });
});

test("every byte of a volume is wiped before it is removed", async () => {
  const { storage, volume } = await withVolume();
  storage.wish({ devices: [disk], volumes: [entry("1", "2Gi", { delete: true })] });
  await storage.settle();
  expect(volume.wiped).toBe(gib(2));
  expect(storage.node.writes.at(-1)).toBe("lvremove");
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleted" });
});

test("while a volume is wiped it counts as used, others are made, and its progress is reported", async () => {
  const { storage, volume } = await withVolume();
  storage.node.duration = ({ name }) => seconds(name === "blkdiscard" ? 6 : 0);
  const condemned = entry("1", "2Gi", { delete: true });
  storage.wish({ devices: [disk], volumes: [condemned] });
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleting Wiping" });
  storage.wish({ devices: [disk], volumes: [condemned, entry("2", "5Gi"), entry("3", "2Gi")] });
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({
    "pvc-1": "Deleting Wiping",
    "pvc-2": "Ready",
    "pvc-3": "Failed NoSpace",
  });
  await storage.clock.advance(seconds(13));
  await storage.reconcile();
  expect(storage.status.volumes[0]).toMatchObject({
    state: "Deleting",
    wiped: gib(1),
    message: "1 GiB of 2 GiB wiped; its room is free when it is done",
  });
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(volume.wiped).toBe(gib(2));
  expect(storage.volumeStates).toMatchObject({ "pvc-1": "Deleted", "pvc-3": "Ready" });
});

test("an agent that starts goes on where the report says that the last one was", async () => {
  const { storage, volume } = await withVolume();
  storage.node.duration = ({ name }) => seconds(name === "blkdiscard" ? 6 : 0);
  storage.wish({ devices: [disk], volumes: [entry("1", "2Gi", { delete: true })] });
  await storage.reconcile();
  await storage.clock.advance(seconds(13));
  await storage.reconcile();
  const offsets: string[] = [];
  // The agent before is gone, and so are its commands.
  storage.node.trouble = ({ name }) =>
    name === "blkdiscard" ? new LvmError("lvm_timeout", { command: name }) : undefined;
  await storage.clock.advance(minutes(1));
  volume.wiped = mib(512);
  storage.restartAgent();
  storage.node.trouble = ({ name, args }) => {
    if (name === "blkdiscard") offsets.push(args.find((arg) => arg.startsWith("--off")) ?? "");
    return undefined;
  };
  await storage.reconcile();
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(offsets[0]).toBe(`--offset=${mib(512)}`);
  expect(offsets).toHaveLength(6);
  expect(volume.wiped).toBe(gib(2));
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleted" });
});

test("a wipe that fails is tried again with growing delays, and says why meanwhile", async () => {
  const { storage, volume } = await withVolume();
  storage.node.trouble = ({ name }) =>
    name === "blkdiscard" ? "blkdiscard: BLKZEROOUT ioctl failed: Input/output error" : undefined;
  storage.wish({ devices: [disk], volumes: [entry("1", "2Gi", { delete: true })] });
  await storage.settle();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleting LvmFailed" });
  for (let round = 0; round < 20; round += 1) {
    await storage.clock.advance(seconds(1));
    await storage.settle();
  }
  expect(storage.node.ran.filter((name) => name === "blkdiscard").length).toBeLessThan(7);
  expect(storage.node.writes).not.toContain("lvremove");
  storage.node.trouble = () => undefined;
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(volume.wiped).toBe(gib(2));
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleted" });
});

test("a disk that cannot discard is zeroed instead", async () => {
  const { storage } = await withVolume();
  storage.node.trouble = ({ name, args }) =>
    name === "blkdiscard" && !args.includes("--zeroout")
      ? "blkdiscard: /dev/fast/pvc-1: BLKDISCARD ioctl failed: Operation not supported"
      : undefined;
  storage.wish({
    devices: [disk],
    volumes: [entry("1", "2Gi", { wipe: "discard", delete: true })],
  });
  await storage.settle();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleted" });
});

test("a volume in use is neither wiped nor removed, and who uses it is named", async () => {
  const { storage, volume } = await withVolume();
  // The last look is fresh enough for anything but this.
  await storage.clock.advance(seconds(30));
  volume.use = "open";
  storage.wish({ devices: [disk], volumes: [entry("1", "2Gi", { delete: true })] });
  await storage.settle();
  expect(storage.node.writes).toEqual([]);
  expect(storage.status.volumes[0]).toMatchObject({
    state: "Deleting",
    reason: "InUse",
    message: "it is mounted on /mnt/it; it is removed as soon as nobody uses it",
  });
});

test("a condemned volume that a reboot left inactive is activated and wiped", async () => {
  const { storage, volume } = await withVolume();
  volume.activation = "inactive";
  storage.restartAgent();
  storage.wish({ devices: [disk], volumes: [entry("1", "2Gi", { delete: true })] });
  await storage.settle();
  expect(volume.wiped).toBe(gib(2));
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleted" });
});

test("a tombstone for a volume that nobody has seen yet is not done before another look", async () => {
  const { storage } = await withVolume();
  await storage.clock.advance(seconds(30));
  const group = storage.node.group("fast");
  if (group === undefined) throw new Error("no group");
  storage.node.addVolume(group, "by-hand", 5, ["stowage.dev/volume=by-hand"]);
  storage.wish({ devices: [disk], volumes: [{ name: "by-hand", size: "20Mi", delete: true }] });
  await storage.settle();
  expect(group.volumes.map(({ name }) => name)).toEqual(["pvc-1"]);
});

test("while a wipe that failed once is under way again, the agent does not look without end", async () => {
  const { storage } = await withVolume();
  let failures = 1;
  storage.node.duration = ({ name }) => seconds(name === "blkdiscard" ? 6 : 0);
  storage.node.trouble = ({ name }) =>
    name === "blkdiscard" && failures-- > 0
      ? "blkdiscard: BLKZEROOUT: Input/output error"
      : undefined;
  storage.wish({ devices: [disk], volumes: [entry("1", "2Gi", { delete: true })] });
  await storage.reconcile();
  await storage.clock.advance(seconds(9));
  // The time to try again has come; from then on it is the wipe that is waited for.
  await storage.reconcile();
  await storage.clock.advance(seconds(2));
  const next = await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleting Wiping" });
  expect(next).toMatchObject({ kind: "again", after: expect.any(Number) });
  expect(next.kind === "again" ? next.after : 0).toBeGreaterThan(0);
});

test("a wipe is counted when it is over, with all the time that it took", async () => {
  const { storage } = await withVolume();
  storage.operations.length = 0;
  storage.node.duration = ({ name }) => seconds(name === "blkdiscard" ? 6 : 0);
  storage.wish({ devices: [disk], volumes: [entry("1", "2Gi", { delete: true })] });
  await storage.reconcile();
  expect(storage.operations).toEqual([]);
  await storage.settle();
  expect(storage.operations).toEqual([
    expect.stringMatching(/^wipe_volume ok 48\d{3}$/),
    "remove_volume ok 0",
  ]);
  expect(storage.messages).toEqual([
    "volume group made",
    "volume created",
    "volume wiped",
    "volume removed",
  ]);
});

test("a wipe that fails is counted as failed", async () => {
  const { storage } = await withVolume();
  storage.operations.length = 0;
  storage.node.trouble = ({ name }) => (name === "blkdiscard" ? "I/O error" : undefined);
  storage.wish({ devices: [disk], volumes: [entry("1", "2Gi", { delete: true })] });
  await storage.settle();
  expect(storage.operations[0]).toMatch(/^wipe_volume failed/);
  expect(storage.messages).not.toContain("volume wiped");
});
