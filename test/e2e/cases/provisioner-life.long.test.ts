import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { at } from "../src/kinds.ts";
import { claim, claimOn, podWith, storageClass } from "../src/manifests.ts";
import { groupGrows } from "../src/placement-cases.ts";
import { leadingProvisioner } from "../src/provisioners.ts";
import { eventually, World } from "../src/world.ts";

let world: World;

beforeAll(async () => {
  world = await World.enter("life");
  await world.storageClass(
    storageClass("life", { nodes: { n1: ["/dev/ubdb"], n2: ["/dev/ubdb"] } }),
    ["n1", "n2"],
  );
});

afterEach(() => world.clear());
afterAll(() => world.leave());

test("a pod that waits for room runs soon after a disk is added, with nobody touching it", () =>
  groupGrows(world, "life"));

test("a claim of an Immediate class is bound without a pod, and its pod follows it", async () => {
  const name = "life-now";
  await world.create({
    ...storageClass(name, { parameters: { volumeGroup: "life" } }),
    volumeBindingMode: "Immediate",
  });
  await world.create(claim("at-once", name, "64Mi"));
  await world.until("PersistentVolumeClaim", "at-once", { status: { phase: "Bound" } });
  await world.create(podWith("follower", ["at-once"]));
  await world.running("follower");
  await world.create(claim("nowhere", name, "100Gi"));
  await eventually(async () => {
    expect(await world.messages("PersistentVolumeClaim", "nowhere")).toContainEqual(
      expect.stringMatching(/^no volume: n1: needs 100 GiB in life, /),
    );
  });
  await world.delete("StorageClass", name);
});

test("with the leading provisioner killed, claims in work are bound by the next one, once each", async () => {
  const names = Array.from({ length: 8 }, (_, index) => `many-${index}`);
  for (const name of names) await world.create(claim(name, "life", "64Mi"));
  await Promise.all(names.map((name) => world.create(podWith(name, [name]))));
  await eventually(async () => {
    const bound = (await world.list("PersistentVolumeClaim")).filter(
      (made) => at(made, "status.phase") === "Bound",
    );
    expect(bound.length).toBeGreaterThan(0);
  });
  const leader = await leadingProvisioner(world.cluster);
  await world.cluster.kubectl(
    `-n stowage-system delete pod ${leader} --grace-period=0 --force`.split(" "),
  );
  for (const name of names) await world.running(name, { timeout: 120_000 });
  const made = (
    await Promise.all(["n1", "n2"].map((node) => world.logicalVolumes(node, "life")))
  ).flat();
  expect(made).toHaveLength(names.length);
  const volumes = (await world.list("PersistentVolume")).filter(
    (volume) => at(volume, "spec.storageClassName") === "life",
  );
  expect(volumes).toHaveLength(names.length);
});

test("claims deleted while their volumes are being made leave nothing", async () => {
  const names = Array.from({ length: 6 }, (_, index) => `brief-${index}`);
  for (const name of names) await world.create(claim(name, "life", "64Mi"));
  await Promise.all(names.map((name) => world.create(podWith(name, [name]))));
  await eventually(
    async () => {
      const group = await world.get("NodeLocalStorage", "n1.life");
      const other = await world.get("NodeLocalStorage", "n2.life");
      expect([at(group, "spec.volumes.0"), at(other, "spec.volumes.0")]).not.toEqual([
        undefined,
        undefined,
      ]);
    },
    { interval: 20 },
  );
  await world.clear();
  await eventually(async () => {
    expect(await world.logicalVolumes("n1", "life")).toEqual([]);
    expect(await world.logicalVolumes("n2", "life")).toEqual([]);
  });
});

test("while a create is slow its claim is sent elsewhere, and there are never two volumes", async () => {
  // LVM's own lock of the group, held by somebody else.
  await world.onNode(
    "n1",
    "mkdir -p /run/lock/lvm && (setsid flock /run/lock/lvm/V_life sleep 15 >/dev/null 2>&1 &)",
  );
  await world.create(claimOn("n1", "slow", "life", "64Mi"));
  await eventually(
    async () => {
      expect(await world.get("NodeLocalStorage", "n1.life")).toHaveProperty("spec.volumes.0");
    },
    { interval: 20 },
  );
  // As the scheduler does for a pod that is made anew.
  await world.merge("PersistentVolumeClaim", "slow", {
    metadata: { annotations: { "volume.kubernetes.io/selected-node": "n2" } },
  });
  const mapped = async (node: string): Promise<string[]> =>
    // Not with lvs, which would wait for the lock.
    (await world.onNode(node, "ls /dev/mapper | grep ^life-pvc || true"))
      .split("\n")
      .filter((name) => name !== "");
  let most = 0;
  await eventually(async () => {
    most = Math.max(most, (await mapped("n1")).length + (await mapped("n2")).length);
    expect(at(await world.get("PersistentVolumeClaim", "slow"), "status.phase")).toBe("Bound");
  });
  expect(most).toBe(1);
  expect(await mapped("n1")).toEqual([]);
  expect(await mapped("n2")).toHaveLength(1);
});

test("a PersistentVolume that is deleted before its claim stays until the claim goes, and leaves nothing", async () => {
  await world.create(claimOn("n1", "early", "life", "64Mi"));
  const bound = await world.until("PersistentVolumeClaim", "early", { status: { phase: "Bound" } });
  const volume = String(at(bound, "spec.volumeName"));
  await world.cluster.kubectl(["delete", "pv", volume, "--wait=false"]);
  await world.until("PersistentVolume", volume, {
    metadata: { deletionTimestamp: expect.any(String) },
  });
  await world.merge("PersistentVolumeClaim", "early", { metadata: { labels: { touched: "yes" } } });
  expect(await world.logicalVolumes("n1", "life")).toEqual([volume]);
  await world.delete("PersistentVolumeClaim", "early");
  await eventually(async () => {
    expect(await world.get("PersistentVolume", volume)).toBeUndefined();
    expect(await world.logicalVolumes("n1", "life")).toEqual([]);
  });
});

test("with policy Retain the data outlives claim and PersistentVolume, and is shown as an orphan", async () => {
  const name = "life-kept";
  await world.create(
    storageClass(name, { parameters: { volumeGroup: "life" }, reclaimPolicy: "Retain" }),
  );
  await world.create(claimOn("n2", "retained", name, "64Mi"));
  const bound = await world.until("PersistentVolumeClaim", "retained", {
    status: { phase: "Bound" },
  });
  const volume = String(at(bound, "spec.volumeName"));
  await world.delete("PersistentVolumeClaim", "retained");
  await world.until("PersistentVolume", volume, { status: { phase: "Released" } });
  expect(await world.logicalVolumes("n2", "life")).toEqual([volume]);
  await world.delete("PersistentVolume", volume);
  await world.until("NodeLocalStorage", "n2.life", {
    spec: { volumes: [] },
    status: { orphans: [expect.objectContaining({ name: volume, size: "64Mi" })] },
  });
  expect(await world.logicalVolumes("n2", "life")).toEqual([volume]);
  await world.onNode("n2", `lvremove --yes life/${volume}`);
  await world.delete("StorageClass", name);
});

test("an entry that somebody takes out of the ledger comes back from its PersistentVolume", async () => {
  await world.create(claimOn("n1", "robbed", "life", "64Mi"));
  const bound = await world.until("PersistentVolumeClaim", "robbed", {
    status: { phase: "Bound" },
  });
  const volume = String(at(bound, "spec.volumeName"));
  await world.merge("NodeLocalStorage", "n1.life", { spec: { volumes: [] } });
  await world.until("NodeLocalStorage", "n1.life", {
    spec: { volumes: [expect.objectContaining({ name: volume })] },
    status: { volumes: [expect.objectContaining({ name: volume, state: "Ready" })], orphans: [] },
  });
  expect(await world.logicalVolumes("n1", "life")).toEqual([volume]);
});

test("a PersistentVolume that somebody made under a claim's name is told of, and the claim follows when it goes", async () => {
  await world.create(claim("named", "life", "64Mi"));
  const made = await world.get("PersistentVolumeClaim", "named");
  const volume = `pvc-${String(at(made, "metadata.uid"))}`;
  await world.create({
    kind: "PersistentVolume",
    metadata: { name: volume },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      storageClassName: "another",
      hostPath: { path: "/tmp" },
    },
  });
  await world.merge("PersistentVolumeClaim", "named", {
    metadata: { annotations: { "volume.kubernetes.io/selected-node": "n1" } },
  });
  await eventually(async () => {
    expect(await world.messages("PersistentVolumeClaim", "named")).toContainEqual(
      expect.stringContaining(`a PersistentVolume ${volume} that is not for it already exists`),
    );
  });
  expect(await world.logicalVolumes("n1", "life")).toEqual([]);
  await world.delete("PersistentVolume", volume);
  await world.until("PersistentVolumeClaim", "named", { status: { phase: "Bound" } });
});
