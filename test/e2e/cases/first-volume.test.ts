import { afterAll, beforeAll, expect, test } from "vitest";
import { at } from "../src/kinds.ts";
import { claim, onlyNodes, podWith, podWithDevice, storageClass } from "../src/manifests.ts";
import { eventually, World } from "../src/world.ts";

let world: World;

beforeAll(async () => {
  world = await World.enter("first-volume");
  await world.storageClass(
    storageClass("first", { nodes: { n1: ["/dev/ubdb"], n2: ["/dev/ubdb"] } }),
    ["n1", "n2"],
  );
});

afterAll(() => world.leave());

/** The PersistentVolume and the node of a claim that is bound. */
const boundTo = async (name: string): Promise<{ volume: string; node: string }> => {
  const volume = String(at(await world.get("PersistentVolumeClaim", name), "spec.volumeName"));
  const object = await world.get("PersistentVolume", volume);
  const expression = "spec.nodeAffinity.required.nodeSelectorTerms.0.matchExpressions.0.values.0";
  return { volume, node: String(at(object, expression)) };
};

test("a pod runs on a logical volume of whole extents with the file system asked for", async () => {
  await world.create(claim("data", "first", "221920847"));
  await world.create(podWith("writer", ["data"]));
  await world.running("writer");
  const { volume, node } = await boundTo("data");
  expect(await world.onNode(node, `lvs --noheadings --units b -o lv_size first/${volume}`)).toBe(
    `${53 * 4 * 1024 ** 2}B`,
  );
  await world.until("PersistentVolume", volume, { spec: { capacity: { storage: "212Mi" } } });
  expect(await world.inPod("writer", "mount | grep ' /data '")).toMatch(/type ext4/);
  expect(await world.onNode(node, `lvs --noheadings -o lv_tags first/${volume}`)).toContain(
    `${world.namespace}/data`,
  );
});

test("data survives a restart of its pod, and comes back after a power cut of the node", async () => {
  await world.inPod("writer", "echo kept > /data/word && sync");
  await world.delete("Pod", "writer");
  await world.create(podWith("writer", ["data"]));
  await world.running("writer");
  expect(await world.inPod("writer", "cat /data/word")).toBe("kept");

  const { node } = await boundTo("data");
  await world.cluster.node(node).powerCut();
  await world.cluster.node(node).boot();
  await world.groupReady(node, "first");
  await world.delete("Pod", "writer");
  await world.create(podWith("writer", ["data"]));
  await world.running("writer", { timeout: 180_000 });
  expect(await world.inPod("writer", "cat /data/word")).toBe("kept");
});

test("a class with fsType xfs gives an xfs file system", async () => {
  await world.storageClass(
    storageClass("first-xfs", {
      nodes: { n3: ["/dev/ubdb"] },
      parameters: { fsType: "xfs" },
    }),
    ["n3"],
  );
  await world.create(claim("xfs", "first-xfs", "512Mi"));
  await world.create(podWith("xfs", ["xfs"]));
  await world.running("xfs");
  expect(await world.inPod("xfs", "mount | grep ' /xfs '")).toMatch(/type xfs/);
});

test("a Block claim is the raw device, of the size asked for", async () => {
  await world.create(claim("raw", "first", "64Mi", { volumeMode: "Block" }));
  await world.create(podWithDevice("raw", "raw"));
  await world.running("raw");
  expect(await world.inPod("raw", "blockdev --getsize64 /dev/volume")).toBe(`${64 * 1024 ** 2}`);
  await world.inPod("raw", "echo written | dd of=/dev/volume conv=fsync 2>/dev/null");
  expect(await world.inPod("raw", "head -c 7 /dev/volume")).toBe("written");
});

test("deleting the claim removes the volume, the entry and the logical volume", async () => {
  await world.create(claim("short", "first", "32Mi"));
  await world.create(podWith("short", ["short"], onlyNodes("n2")));
  await world.running("short");
  const { volume, node } = await boundTo("short");
  expect(node).toBe("n2");
  expect(await world.logicalVolumes("n2", "first")).toContain(volume);
  await world.delete("Pod", "short");
  await world.delete("PersistentVolumeClaim", "short");
  await eventually(async () => {
    expect(await world.get("PersistentVolume", volume)).toBeUndefined();
    expect(await world.logicalVolumes("n2", "first")).not.toContain(volume);
    const group = await world.get("NodeLocalStorage", "n2.first");
    expect(JSON.stringify(group)).not.toContain(volume);
  });
});
