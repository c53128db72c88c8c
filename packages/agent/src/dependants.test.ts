import { mib } from "@stowage/capacity";
import { minutes, seconds } from "@stowage/clock";
import { expect, test } from "vitest";
import type { FakeGroup, FakeVolume } from "./testing/fake-disks.ts";
import type { FakeStorage } from "./testing/fake-storage.ts";
import { entry, handedOut } from "./testing/fake-storage.ts";
import { disk, withGroup } from "./testing/storages.ts";

type Site = {
  readonly storage: FakeStorage;
  readonly group: FakeGroup;
  readonly volume: FakeVolume;
};

const withVolume = async (): Promise<Site> => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "300Mi")] });
  await storage.settle();
  storage.wish({ devices: [disk], volumes: [handedOut("1", "300Mi")] });
  await storage.settle();
  const group = storage.node.group("fast");
  const volume = group?.volumes[0];
  if (group === undefined || volume === undefined) throw new Error("no volume");
  storage.node.ran.length = 0;
  return { storage, group, volume };
};

const snapshot = ({ storage, group }: Site): FakeVolume => {
  const made = storage.node.addVolume(group, "nightly", 5, []);
  made.origin = "pvc-1";
  return made;
};

const condemn = ({ storage }: Site, wipe: "zero" | "none" = "zero"): void =>
  storage.wish({ devices: [disk], volumes: [handedOut("1", "300Mi", { wipe, delete: true })] });

test.for(["zero", "none"] as const)(
  "a volume with a snapshot of somebody else's waits with wipe %s, and goes by itself when that is gone",
  async (wipe) => {
    const site = await withVolume();
    const { storage, group } = site;
    const nightly = snapshot(site);
    storage.restartAgent();
    condemn(site, wipe);
    await storage.settle();
    expect(storage.status.volumes[0]).toMatchObject({
      state: "Deleting",
      reason: "HasDependants",
      message: expect.stringContaining("fast/nightly depends on it"),
    });
    expect(storage.node.writes).toEqual([]);
    group.volumes.splice(group.volumes.indexOf(nightly), 1);
    await storage.clock.advance(minutes(1));
    await storage.settle();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Deleted" });
  },
);

test("a snapshot that is made between the look and the removal is not taken along", async () => {
  const site = await withVolume();
  const { storage, group } = site;
  storage.node.trouble = ({ name }) => {
    if (name === "lvremove" && group.volumes.length === 1) snapshot(site);
    return undefined;
  };
  condemn(site, "none");
  await storage.settle();
  expect(group.volumes.map(({ name }) => name)).toEqual(["pvc-1", "nightly"]);
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleting HasDependants" });
});

test("a wipe that waited for its turn looks again before it writes", async () => {
  const site = await withVolume();
  const { storage, volume } = site;
  // Whoever opens it does so after the look that condemned it.
  let looks = 0;
  storage.node.trouble = ({ name }) => {
    if (name === "fullreport" && ++looks === 2) volume.use = "open";
    return undefined;
  };
  storage.restartAgent();
  condemn(site);
  await storage.settle();
  expect(storage.node.ran).not.toContain("blkdiscard");
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleting InUse" });
});

test.for(["thin,pool", "raid,raid1", "cache"])(
  "a volume that somebody made %s is neither wiped nor removed nor grown",
  async (layout) => {
    const site = await withVolume();
    const { storage, volume } = site;
    volume.layout = layout;
    storage.restartAgent();
    storage.wish({ devices: [disk], volumes: [handedOut("1", "400Mi")] });
    await storage.settle();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Failed Converted" });
    condemn(site);
    await storage.settle();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Deleting Converted" });
    expect(storage.node.writes).toEqual([]);
  },
);

test("a volume with a snapshot is not grown, says so, and grows when that is gone", async () => {
  const site = await withVolume();
  const { storage, group, volume } = site;
  const nightly = snapshot(site);
  storage.restartAgent();
  storage.wish({ devices: [disk], volumes: [handedOut("1", "400Mi")] });
  await storage.settle();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Failed HasDependants" });
  group.volumes.splice(group.volumes.indexOf(nightly), 1);
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
  expect(volume.extents).toBe(100);
});

test("growth that LVM refuses is told in its own words at once, and goes on by itself", async () => {
  const site = await withVolume();
  const { storage } = site;
  storage.node.trouble = ({ name }) =>
    name === "lvextend"
      ? "  Snapshot origin volumes can be resized only while inactive."
      : undefined;
  storage.wish({ devices: [disk], volumes: [handedOut("1", "400Mi")] });
  await storage.settle();
  expect(storage.status.volumes[0]).toMatchObject({
    state: "Failed",
    reason: "HasDependants",
    message: expect.stringContaining("can be resized only while inactive"),
  });
  storage.node.trouble = () => undefined;
  await storage.clock.advance(seconds(10));
  await storage.settle();
  expect(storage.status.volumes[0]).toMatchObject({ state: "Ready", size: mib(400) });
});

test("a volume that somebody made a snapshot of another is neither wiped nor removed", async () => {
  const site = await withVolume();
  const { storage, volume } = site;
  volume.origin = "golden";
  storage.restartAgent();
  condemn(site);
  await storage.settle();
  expect(storage.status.volumes[0]).toMatchObject({ state: "Deleting", reason: "Converted" });
  expect(storage.node.writes).toEqual([]);
});
