import { afterAll, beforeAll, expect, test } from "vitest";
import type { Plain } from "../src/kinds.ts";
import { at } from "../src/kinds.ts";
import { claim, podWith, storageClass } from "../src/manifests.ts";
import { eventually, World } from "../src/world.ts";

const hostname = "kubernetes.io/hostname";
const renamed = "somewhere-else.example";

let world: World;

beforeAll(async () => {
  world = await World.enter("refusals");
  await world.storageClass(storageClass("plain", { nodes: { n1: ["/dev/ubdb"] } }), ["n1"]);
  await world.create(
    storageClass("plain-xfs", { parameters: { volumeGroup: "plain", fsType: "xfs" } }),
  );
});

afterAll(async () => {
  await world.leave();
  await world.delete("StorageClass", "plain-xfs");
});

test.for<[string, Plain, RegExp]>([
  [
    "many",
    { accessModes: ["ReadWriteMany"] },
    /ReadWriteMany needs storage that several nodes share/,
  ],
  [
    "copy",
    { dataSource: { kind: "PersistentVolumeClaim", name: "many" } },
    /a dataSource would have to be copied/,
  ],
  ["small", { storageClassName: "plain-xfs" }, /xfs needs at least 300 MiB/],
])(
  "cases 18 and 19: claim %s is refused by event, and no volume is made",
  async ([name, spec, words]) => {
    await world.create(claim(name, "plain", "100Mi", spec));
    await world.create(podWith(name, [name]));
    await eventually(async () => {
      expect(await world.messages("PersistentVolumeClaim", name)).toContainEqual(
        expect.stringMatching(words),
      );
    });
    await world.delete("Pod", name);
    expect(await world.logicalVolumes("n1", "plain")).toEqual([]);
    expect(at(await world.get("NodeLocalStorage", "n1.plain"), "spec.volumes")).toEqual([]);
  },
);

test("cases 18 and 19: ReadWriteOncePod and a single byte work", async () => {
  await world.create(claim("once", "plain", "1", { accessModes: ["ReadWriteOncePod"] }));
  await world.create(podWith("once", ["once"]));
  await world.running("once");
  await world.until("PersistentVolumeClaim", "once", { status: { capacity: { storage: "4Mi" } } });
  expect(await world.inPod("once", "echo written > /once/word && cat /once/word")).toBe("written");
  await world.clear();
});

const label = (value: string): Promise<string> =>
  world.cluster.kubectl(["label", "node", "n1", "--overwrite", `${hostname}=${value}`]);

test("case 17: a node whose hostname label is not its name: create, restart and delete work", async () => {
  await label(renamed);
  try {
    await world.create(claim("moved", "plain", "64Mi"));
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
    expect(await world.logicalVolumes("n1", "plain")).toEqual([]);
  } finally {
    await label("n1");
  }
});
