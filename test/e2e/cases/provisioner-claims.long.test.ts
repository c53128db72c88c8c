import { afterAll, beforeAll, expect, test } from "vitest";
import { at } from "../src/kinds.ts";
import { claim, podWith, storageClass } from "../src/manifests.ts";
import { World } from "../src/world.ts";

const hostname = "kubernetes.io/hostname";
const renamed = "somewhere-else.example";

/** Beside the class that makes the group. */
const otherClasses = {
  "claims-mkfs": { mkfsOptions: "-m 5 -O ^has_journal -L stowed" },
  "claims-mkfs-xfs": { fsType: "xfs", mkfsOptions: "-i size=1024 -L stowed" },
} as const;

let world: World;

beforeAll(async () => {
  world = await World.enter("claims");
  await world.storageClass(storageClass("claims", { nodes: { n1: ["/dev/ubdb"] } }), ["n1"]);
  for (const [name, parameters] of Object.entries(otherClasses)) {
    await world.create(
      storageClass(name, { parameters: { volumeGroup: "claims", ...parameters } }),
    );
  }
});

afterAll(async () => {
  await world.leave();
  for (const name of Object.keys(otherClasses)) await world.delete("StorageClass", name);
});

test("ReadWriteOncePod, a single byte and an odd number of bytes work", async () => {
  await world.create(claim("once", "claims", "1", { accessModes: ["ReadWriteOncePod"] }));
  await world.create(claim("uneven", "claims", "221920847"));
  await world.create(podWith("once", ["once", "uneven"]));
  await world.running("once");
  await world.until("PersistentVolumeClaim", "uneven", {
    status: { capacity: { storage: "212Mi" } },
  });
  await world.until("PersistentVolumeClaim", "once", { status: { capacity: { storage: "4Mi" } } });
  expect(await world.inPod("once", "echo written > /once/word && cat /once/word")).toBe("written");
  await world.clear();
});

test("mkfsOptions of the class make the file system that the kubelet then mounts", async () => {
  await world.create(claim("made", "claims-mkfs", "64Mi"));
  await world.create(claim("made-xfs", "claims-mkfs-xfs", "300Mi"));
  await world.create(podWith("made", ["made", "made-xfs"]));
  await world.running("made");
  const device = async (name: string): Promise<string> =>
    `/dev/claims/${String(at(await world.get("PersistentVolumeClaim", name), "spec.volumeName"))}`;
  const ext4 = await world.onNode("n1", `dumpe2fs -h ${await device("made")} 2>/dev/null`);
  expect(ext4).toMatch(/volume name:\s+stowed/);
  expect(ext4).not.toMatch(/has_journal/);
  const xfs = await device("made-xfs");
  expect(await world.onNode("n1", `xfs_db -r -c 'sb 0' -c 'p inodesize' ${xfs}`)).toBe(
    "inodesize = 1024",
  );
  for (const name of ["made", "made-xfs"]) {
    expect(await world.inPod("made", `echo written > /${name}/word && cat /${name}/word`)).toBe(
      "written",
    );
  }
  await world.clear();
});

const label = (value: string): Promise<string> =>
  world.cluster.kubectl(["label", "node", "n1", "--overwrite", `${hostname}=${value}`]);

test("a node whose hostname label is not its name: create, restart and delete work", async () => {
  await label(renamed);
  try {
    await world.create(claim("moved", "claims", "64Mi"));
    await world.create(podWith("moved", ["moved"], { nodeSelector: { [hostname]: renamed } }));
    await world.running("moved");
    const volume = at(await world.get("PersistentVolumeClaim", "moved"), "spec.volumeName");
    expect(JSON.stringify(await world.get("PersistentVolume", String(volume)))).toContain(
      `"values":["${renamed}"]`,
    );
    await world.inPod("moved", "echo kept > /moved/word && sync");
    await world.delete("Pod", "moved");
    await world.create(podWith("moved", ["moved"]));
    await world.running("moved");
    expect(await world.inPod("moved", "cat /moved/word")).toBe("kept");
    await world.clear();
    expect(await world.logicalVolumes("n1", "claims")).toEqual([]);
  } finally {
    await label("n1");
  }
});
