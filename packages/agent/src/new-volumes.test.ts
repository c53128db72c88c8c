import { gib, mib } from "@stowage/capacity";
import { minutes, seconds } from "@stowage/clock";
import { formattedTag, newTag, tagsFor } from "@stowage/lvm";
import { expect, test } from "vitest";
import type { FakeVolume } from "./testing/fake-disks.ts";
import { elsewhere } from "./testing/fake-disks.ts";
import type { FakeStorage } from "./testing/fake-storage.ts";
import { entry, handedOut } from "./testing/fake-storage.ts";
import { disk, withGroup } from "./testing/storages.ts";

const block = { volumeMode: "Block" } as const;

const volumeIn = (storage: FakeStorage): FakeVolume => {
  const volume = storage.node.group("fast")?.volumes[0];
  if (volume === undefined) throw new Error("no volume");
  return volume;
};

const tagsOf = (uid: string): string[] =>
  tagsFor({
    volume: `pvc-${uid}`,
    claim: { namespace: "default", name: `data-${uid}`, uid },
  });

test("a Block volume is zeroed whole before it is Ready, and tells how far that is", async () => {
  const storage = await withGroup();
  storage.node.duration = ({ name }) => seconds(name === "blkdiscard" ? 6 : 0);
  storage.wish({ devices: [disk], volumes: [entry("1", "256Mi", block)] });
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Creating Zeroing" });
  await storage.clock.advance(seconds(13));
  await storage.reconcile();
  expect(storage.status.volumes[0]).toMatchObject({
    state: "Creating",
    wiped: mib(128),
    message: expect.stringMatching(/^128 MiB of 256 MiB zeroed/),
  });
  await storage.settle();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
  expect(storage.status.volumes[0]).not.toHaveProperty("wiped");
  expect([...storage.node.readableOn(volumeIn(storage))]).toEqual(["zero"]);
  expect(volumeIn(storage).tags).not.toContain(newTag);
  expect(storage.node.ran.filter((name) => name.startsWith("lv"))).toEqual([
    "lvcreate",
    "lvchange",
  ]);
});

test("an entry that does not say what it is for is zeroed like a Block volume", async () => {
  const storage = await withGroup();
  const { volumeMode: _, ...unknown } = entry("1", "256Mi");
  storage.wish({ devices: [disk], volumes: [unknown] });
  await storage.settle();
  expect([...storage.node.readableOn(volumeIn(storage))]).toEqual(["zero"]);
});

test("of several that are zeroed each shows progress", async () => {
  const storage = await withGroup();
  storage.node.duration = ({ name }) => seconds(name === "blkdiscard" ? 6 : 0);
  storage.wish({
    devices: [disk],
    volumes: [entry("1", "256Mi", block), entry("2", "256Mi", block)],
  });
  await storage.reconcile();
  await storage.clock.advance(seconds(25));
  await storage.reconcile();
  expect(storage.status.volumes.map(({ wiped }) => wiped)).toEqual([mib(128), mib(128)]);
  await storage.settle();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready", "pvc-2": "Ready" });
});

test.for([block, { volumeMode: "Filesystem" as const }])(
  "a volume whose lvcreate was cut off between its commit and its wipe is cleaned by whoever finds it, as $volumeMode",
  async (mode) => {
    const storage = await withGroup();
    storage.node.spell = ({ name }) => (name === "lvcreate" ? "then_death" : "none");
    storage.wish({ devices: [disk], volumes: [entry("1", "256Mi", mode)] });
    await storage.settle().catch(() => undefined);
    expect(volumeIn(storage)).toMatchObject({ content: "stale" });
    storage.node.spell = () => "none";
    storage.restartAgent();
    await storage.settle();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
    expect(volumeIn(storage).content).toBe("clean");
  },
);

test("what was handed out is never cleaned, whatever its tags say", async () => {
  const storage = await withGroup();
  const group = storage.node.group("fast");
  if (group === undefined) throw new Error("no group");
  storage.node.addVolume(group, "pvc-1", 5, [...tagsOf("1"), newTag]);
  storage.restartAgent();
  storage.wish({ devices: [disk], volumes: [handedOut("1", "20Mi", block)] });
  await storage.settle();
  expect(storage.node.writes).toEqual([]);
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
});

test("a pending volume without the tag was made by the version before, and is left as it is", async () => {
  const storage = await withGroup();
  const group = storage.node.group("fast");
  if (group === undefined) throw new Error("no group");
  storage.node.addVolume(group, "pvc-1", 5, tagsOf("1"));
  storage.restartAgent();
  storage.wish({ devices: [disk], volumes: [entry("1", "20Mi", block)] });
  await storage.settle();
  expect(storage.node.writes).toEqual([]);
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
});

const formatted = { fileSystem: { type: "ext4", mkfsOptions: "-O ^has_journal" } } as const;

test("mkfs may take longer than any limit: others are made meanwhile, and it begins once", async () => {
  const storage = await withGroup();
  storage.node.duration = ({ name }) => (name === "mkfs.ext4" ? minutes(30) : seconds(0));
  const slow = entry("1", "100Mi", formatted);
  storage.wish({ devices: [disk], volumes: [slow] });
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Creating Formatting" });
  storage.wish({ devices: [disk], volumes: [slow, entry("2", "100Mi")] });
  await storage.clock.advance(minutes(7));
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Creating Formatting", "pvc-2": "Ready" });
  expect(storage.status.volumes[0]?.message).toBe("mkfs.ext4 has been at work for 7 min");
  expect(storage.condition("Ready")).toBe("True GroupReady");
  await storage.clock.advance(minutes(30));
  await storage.settle();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready", "pvc-2": "Ready" });
  expect(storage.node.ran.filter((name) => name === "mkfs.ext4")).toHaveLength(1);
  expect(volumeIn(storage)).toMatchObject({ content: "formatted" });
  expect(volumeIn(storage).tags).toEqual([...tagsOf("1"), formattedTag]);
});

test("an mkfs of the agent before, which still runs, is waited for", async () => {
  const storage = await withGroup();
  storage.node.spell = ({ name }) => (name === "lvcreate" ? "then_death" : "none");
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi", formatted)] });
  await storage.settle().catch(() => undefined);
  storage.node.spell = () => "none";
  volumeIn(storage).use = "open";
  storage.restartAgent();
  await storage.settle();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Creating InUse" });
  expect(storage.node.ran).not.toContain("mkfs.ext4");
  volumeIn(storage).use = "closed";
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
});

test("a volume that was cut off and whose entry is lost is an orphan that nobody ever had", async () => {
  const storage = await withGroup();
  storage.node.spell = ({ name }) => (name === "lvcreate" ? "then_death" : "none");
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi", block)] });
  await storage.settle().catch(() => undefined);
  storage.node.spell = () => "none";
  storage.restartAgent();
  storage.wish({ devices: [disk] });
  await storage.settle();
  expect(storage.status.orphans).toMatchObject([{ name: "pvc-1", state: "Unfinished" }]);
});

test("nothing is written through a path that leads to another device", async () => {
  const storage = await withGroup();
  storage.node.spell = ({ name }) => (name === "lvcreate" ? "then_death" : "none");
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi", block)] });
  await storage.settle().catch(() => undefined);
  storage.node.spell = ({ name }) => (name === "vgmknodes" ? "without_effect" : "none");
  volumeIn(storage).link = "astray";
  storage.restartAgent();
  await storage.settle();
  expect(storage.node.ran).not.toContain("blkdiscard");
  expect(storage.status.volumes[0]).toMatchObject({
    state: "Creating",
    message: expect.stringContaining("/dev/fast/pvc-1 leads to device 254:255, and the volume is"),
  });
  storage.node.spell = () => "none";
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
});

test("a path that goes astray before anybody looked again is found right before the write", async () => {
  const storage = await withGroup();
  let looks = 0;
  storage.node.trouble = ({ name }) => {
    if (name === "lsblk --nodeps" && ++looks === 1) volumeIn(storage).link = "astray";
    const isAstray = storage.node.group("fast")?.volumes[0]?.link === "astray";
    if (isAstray && /^(wipefs|blkdiscard)$/.test(name)) throw new Error(`${name} goes astray`);
    return undefined;
  };
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.settle();
  await storage.clock.advance(seconds(1));
  await storage.settle();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
  expect(storage.node.ran).toContain("vgmknodes");
});

test("a path that goes astray before every write is tried with pauses between", async () => {
  const storage = await withGroup();
  storage.node.trouble = ({ name }) => {
    if (name === "lsblk --nodeps") volumeIn(storage).link = "astray";
    return undefined;
  };
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi", block)] });
  await storage.settle();
  for (let second = 0; second < 60; second += 1) {
    await storage.clock.advance(seconds(1));
    await storage.settle();
  }
  expect(storage.node.ran).not.toContain("blkdiscard");
  // 1, 2, 4, 8, 16, 32 seconds apart.
  expect(storage.node.ran.filter((name) => name === "vgmknodes").length).toBeLessThan(9);
});

test("a volume that is condemned while it is zeroed goes soon, and unwiped: nobody had it", async () => {
  const storage = await withGroup();
  storage.node.duration = ({ name }) => seconds(name === "blkdiscard" ? 6 : 0);
  storage.wish({ devices: [disk], volumes: [entry("1", "1Gi", block)] });
  storage.wish({ devices: [disk], volumes: [entry("1", "900Mi", block)] });
  await storage.reconcile();
  storage.wish({ devices: [disk], volumes: [entry("1", "900Mi", { ...block, delete: true })] });
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleting InUse" });
  await storage.settle();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleted" });
  expect(storage.node.ran.filter((name) => name === "blkdiscard").length).toBeLessThan(4);
});

test("how far a zeroing was is nothing to the wipe of the same volume", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "512Mi", block)] });
  await storage.settle();
  volumeIn(storage).wiped = 0;
  storage.say([{ name: "pvc-1", state: "Creating", wiped: gib(1) }]);
  storage.restartAgent();
  storage.wish({
    devices: [disk],
    volumes: [handedOut("1", "512Mi", { ...block, delete: true })],
  });
  const volume = volumeIn(storage);
  await storage.settle();
  expect(volume.wiped).toBe(mib(512));
});

test("a file system is made on the volume alone, though its path leads elsewhere by then", async () => {
  const storage = await withGroup();
  const { node } = storage;
  for (const place of elsewhere) node.ground.own(place, "somebody else");
  node.trouble = ({ name }) => {
    const isCleaned = node.ran.includes("blkdiscard");
    if (name === "lsblk --nodeps" && isCleaned) volumeIn(storage).link = "astray";
    return undefined;
  };
  storage.wish({ devices: [disk], volumes: [entry("1", "40Mi", formatted)] });
  await storage.settle();
  expect(node.ran).toContain("blkdiscard");
  expect(node.ran).not.toContain("mkfs.ext4");
  expect(node.ground.harm).toEqual([]);
});
