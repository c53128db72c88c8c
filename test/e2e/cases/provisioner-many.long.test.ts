import { patience } from "@stowage/test-cluster";
import { parseQuantity } from "@stowage/capacity";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Plain } from "../src/kinds.ts";
import { at } from "../src/kinds.ts";
import { claim, podWith, storageClass } from "../src/manifests.ts";
import { eventually, World } from "../src/world.ts";

const nodes = ["n1", "n2", "n3"] as const;
const claims = 200;
const size = "80Mi";
const long = { timeout: 300_000, interval: 3000 };
let world: World;

beforeAll(async () => {
  world = await World.enter("many");
  await world.storageClass(
    storageClass("many", {
      nodes: { n1: ["/dev/ubdb"], n2: ["/dev/ubdb"], n3: ["/dev/ubdb"] },
    }),
    nodes,
  );
});

afterAll(() => world.leave());

/**
 * The kubelet turns such a pod away as soon as it is bound to a node: this is about claims and where
 * they are placed, and two hundred containers would only cost time.
 */
const neverStarted: Plain = { os: { name: "windows" } };

const inNamespace = (words: string): Promise<string> =>
  world.cluster.kubectl(["-n", world.namespace, ...words.split(" ")]);

const groups = (): Promise<(Plain | undefined)[]> =>
  Promise.all(nodes.map((node) => world.get("NodeLocalStorage", `${node}.many`)));

const roomFor = (group: Plain | undefined): number =>
  Math.floor(parseQuantity(String(at(group, "status.allocatable"))) / parseQuantity(size));

/** No promise and no logical volume beyond what the group can hold. */
const withinCapacity = async (): Promise<void> => {
  for (const [index, group] of (await groups()).entries()) {
    const entries = at(group, "spec.volumes") as readonly Plain[];
    expect(entries.length).toBeLessThanOrEqual(roomFor(group));
    const onDisk = await world.logicalVolumes(nodes[index] ?? "", "many");
    expect(onDisk.length).toBeLessThanOrEqual(roomFor(group));
  }
};

const namesWith = async (phase: string): Promise<string[]> =>
  (await world.list("PersistentVolumeClaim"))
    .filter((object) => at(object, "status.phase") === phase)
    .map((object) => String(at(object, "metadata.name")));

/** Waits until exactly so many claims are bound, which must then be so for good. */
const boundExactly = async (count: number): Promise<string[]> => {
  let names: string[] = [];
  await eventually(async () => {
    await withinCapacity();
    names = await namesWith("Bound");
    expect(names).toHaveLength(count);
  }, long);
  return names;
};

test("of 200 claims at once exactly those that fit are bound; the others say why and follow as room is freed", async () => {
  const fitting = (await groups()).map(roomFor).reduce((sum, count) => sum + count, 0);
  expect(fitting).toBeGreaterThan(140);
  expect(fitting).toBeLessThan(claims);
  const names = Array.from({ length: claims }, (_, index) => `c-${index}`);
  for (let first = 0; first < claims; first += 20) {
    await Promise.all(
      names.slice(first, first + 20).map(async (name) => {
        await world.create(claim(name, "many", size));
        await world.create(podWith(name, [name], neverStarted));
      }),
    );
  }
  const bound = await boundExactly(fitting);
  const waiting = names.filter((name) => !bound.includes(name));
  await eventually(async () => {
    const events = await world.list("Event");
    for (const name of waiting) {
      const words = events
        .filter((event) => at(event, "involvedObject.name") === name)
        .map((event) => String(event["message"]));
      expect(words).toContainEqual(
        expect.stringMatching(/needs 80 MiB in many, [\d.]+ (MiB|B) free of 3\.99 GiB/),
      );
    }
  }, long);

  // As many as wait make room: every one that waited is bound then.
  const leaving = bound.slice(0, waiting.length);
  await inNamespace(`delete pod --wait=false ${leaving.join(" ")}`);
  await inNamespace(`delete pvc --wait=false ${leaving.join(" ")}`);
  await eventually(async () => {
    await withinCapacity();
    expect(new Set(await namesWith("Bound"))).toEqual(
      new Set(names.filter((name) => !leaving.includes(name))),
    );
  }, long);

  await inNamespace("delete pod --all --wait=false");
  await inNamespace(`delete pvc --all --timeout=${300 * patience}s`);
  await eventually(async () => {
    for (const node of nodes) expect(await world.logicalVolumes(node, "many")).toEqual([]);
    for (const group of await groups()) expect(at(group, "spec.volumes")).toEqual([]);
    const left = (await world.list("PersistentVolume")).filter(
      (volume) => at(volume, "spec.storageClassName") === "many",
    );
    expect(left).toEqual([]);
  }, long);
});
