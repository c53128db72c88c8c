import { mib } from "@stowage/capacity";
import { minutes, seconds } from "@stowage/clock";
import { expect, test } from "vitest";
import type { FakeGroup, FakeVolume } from "./testing/fake-disks.ts";
import type { FakeStorage } from "./testing/fake-storage.ts";
import { handedOut } from "./testing/fake-storage.ts";
import { disk, room, withGroup } from "./testing/storages.ts";

type Site = {
  readonly storage: FakeStorage;
  readonly group: FakeGroup;
  readonly volume: FakeVolume;
};

const block = { volumeMode: "Block" } as const;

/** pvc-1 of 100 MiB, full of its tenant's bytes; what is free is full of another's. */
const withVolume = async (): Promise<Site> => {
  const storage = await withGroup();
  storage.wish({
    devices: [disk],
    volumes: [handedOut("1", "100Mi", { ...block, pending: true })],
  });
  await storage.settle();
  storage.wish({ devices: [disk], volumes: [handedOut("1", "100Mi", block)] });
  await storage.settle();
  const group = storage.node.group("fast");
  const volume = group?.volumes[0];
  if (group === undefined || volume === undefined) throw new Error("no volume");
  storage.node.overwrite(volume, "mine");
  storage.node.ran.length = 0;
  return { storage, group, volume };
};

const grow = ({ storage }: Site, size: string): void =>
  storage.wish({ devices: [disk], volumes: [handedOut("1", size, block)] });

/** Looks at the volume before each command: whoever has it open sees it then. */
const watch = ({ storage, volume }: Site): Set<string> => {
  const seen = new Set<string>();
  const before = storage.node.trouble;
  storage.node.trouble = (command) => {
    for (const mark of storage.node.readableOn(volume)) seen.add(mark);
    return before(command);
  };
  return seen;
};

test("a Block volume grows by zeroed extents only, while its user has it open", async () => {
  const site = await withVolume();
  const { storage, group, volume } = site;
  volume.use = "open";
  const seen = watch(site);
  grow(site, "400Mi");
  await storage.settle();
  expect(storage.status.volumes[0]).toMatchObject({ state: "Ready", size: mib(400) });
  expect([...seen, ...storage.node.readableOn(volume)]).not.toContain("before");
  expect(group.volumes.map(({ name }) => name)).toEqual(["pvc-1"]);
  expect(storage.status).toMatchObject({ orphans: [], allocatable: room });
});

test("while its room is zeroed the volume is Ready as it is, and nothing is counted twice", async () => {
  const site = await withVolume();
  const { storage, group } = site;
  storage.node.duration = ({ name }) => seconds(name === "blkdiscard" ? 6 : 0);
  grow(site, "400Mi");
  await storage.reconcile();
  expect(storage.status).toMatchObject({
    allocatable: room,
    free: room - mib(400),
    orphans: [],
    volumes: [{ state: "Ready", size: mib(100), reason: "Zeroing" }],
  });
  expect(storage.status.volumes[0]).not.toHaveProperty("wiped");
  expect(group.volumes.map(({ name }) => name)).toEqual(["pvc-1", "pvc-1.room"]);
  await storage.settle();
  expect(storage.status.volumes).toMatchObject([{ state: "Ready", size: mib(400) }]);
});

test("a file system's volume grows at once: nobody can read what was never written", async () => {
  const site = await withVolume();
  const { storage } = site;
  storage.wish({ devices: [disk], volumes: [handedOut("1", "400Mi")] });
  await storage.settle();
  expect(storage.node.writes).toEqual(["lvextend"]);
});

test("a growth that LVM would refuse takes no room and zeroes nothing", async () => {
  const site = await withVolume();
  const { storage, group } = site;
  storage.node.trouble = ({ name, args }) =>
    name === "lvextend" && args.includes("--test") ? "  It is not possible." : undefined;
  grow(site, "400Mi");
  await storage.settle();
  expect(storage.status.volumes[0]).toMatchObject({ state: "Failed", reason: "LvmFailed" });
  expect(storage.node.ran).not.toContain("blkdiscard");
  expect(group.volumes).toHaveLength(1);
});

test("a claim that goes while its volume grows takes the room with it", async () => {
  const site = await withVolume();
  const { storage, group } = site;
  storage.node.duration = ({ name }) => seconds(name === "blkdiscard" ? 6 : 0);
  grow(site, "900Mi");
  await storage.reconcile();
  storage.wish({
    devices: [disk],
    volumes: [handedOut("1", "900Mi", { ...block, delete: true })],
  });
  await storage.settle();
  await storage.clock.advance(minutes(2));
  await storage.settle();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleted" });
  expect(group.volumes).toEqual([]);
});

test.for(["before", "after"])(
  "an agent that dies %s any command of a growth leaves nothing behind, and nobody reads what is not his",
  async (when) => {
    const undisturbed = await withVolume();
    grow(undisturbed, "300Mi");
    await undisturbed.storage.settle();
    const steps = undisturbed.storage.node.ran.length;
    expect(steps).toBeGreaterThan(6);
    for (let step = 1; step <= steps; step += 1) {
      const site = await withVolume();
      const { storage, group, volume } = site;
      const isThere = (): boolean => storage.node.ran.length >= step;
      if (when === "before") {
        storage.node.trouble = () => (isThere() ? new Error("killed") : undefined);
      } else storage.node.spell = () => (isThere() ? "then_death" : "none");
      const seen = watch(site);
      grow(site, "300Mi");
      await storage.settle().catch(() => undefined);
      storage.node.trouble = () => undefined;
      storage.node.spell = () => "none";
      const later = watch(site);
      storage.restartAgent();
      await storage.settle();
      await storage.clock.advance(minutes(2));
      await storage.settle();
      expect([...seen, ...later, ...storage.node.readableOn(volume)]).not.toContain("before");
      expect({ step, names: group.volumes.map(({ name, extents }) => [name, extents]) }).toEqual({
        step,
        names: [["pvc-1", 75]],
      });
    }
  },
);
