import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { at } from "../src/kinds.ts";
import { claimOn, storageClass } from "../src/manifests.ts";
import {
  leadingProvisioner,
  nodeOfProvisioner,
  restartsOfProvisioner,
  scaleProvisioners,
  usualProvisioners,
} from "../src/provisioners.ts";
import { eventually, World } from "../src/world.ts";

const nodes = ["n1", "n2", "n3"] as const;
let world: World;

beforeAll(async () => {
  world = await World.enter("leader");
  await world.storageClass(
    storageClass("led", {
      nodes: { n1: ["/dev/ubdb"], n2: ["/dev/ubdb"], n3: ["/dev/ubdb"] },
    }),
    nodes,
  );
  await scaleProvisioners(world.cluster, 3);
});

afterEach(() => world.clear());
afterAll(async () => {
  await scaleProvisioners(world.cluster, usualProvisioners);
  await world.leave();
});

/** Makes claims placed on nodes in turn; resolves when the first of them has its promise. */
const begin = async (prefix: string, count: number, on: readonly string[]): Promise<string[]> => {
  const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  await Promise.all(
    names.map((name, index) =>
      world.create(claimOn(on[index % on.length] ?? "n1", name, "led", "64Mi")),
    ),
  );
  await eventually(
    async () => {
      const groups = await Promise.all(
        on.map((node) => world.get("NodeLocalStorage", `${node}.led`)),
      );
      expect(groups.map((group) => at(group, "spec.volumes.0.name"))).toContainEqual(
        expect.any(String),
      );
    },
    { interval: 20 },
  );
  return names;
};

const newLeaderThan = (old: string): Promise<void> =>
  eventually(
    async () => {
      expect(["", old]).not.toContain(await leadingProvisioner(world.cluster));
    },
    { timeout: 30_000 },
  );

/** Every one of these is bound, and there is one logical volume and one PersistentVolume for each. */
const oneEach = async (names: readonly string[]): Promise<void> => {
  await eventually(async () => {
    const claims = await world.list("PersistentVolumeClaim");
    const wanted = claims.map((object) => `pvc-${String(at(object, "metadata.uid"))}`).toSorted();
    expect(claims.map((object) => String(at(object, "metadata.name"))).toSorted()).toEqual(
      names.toSorted(),
    );
    expect(claims.map((object) => at(object, "status.phase"))).toEqual(names.map(() => "Bound"));
    const volumes = (await world.list("PersistentVolume"))
      .filter((volume) => at(volume, "spec.storageClassName") === "led")
      .map((volume) => String(at(volume, "metadata.name")));
    expect(volumes.toSorted()).toEqual(wanted);
    const onDisk = await Promise.all(nodes.map((node) => world.logicalVolumes(node, "led")));
    expect(onDisk.flat().toSorted()).toEqual(wanted);
  });
};

test("a leader that is stopped is replaced within 30 s, and does no harm when it wakes", async () => {
  const leader = await leadingProvisioner(world.cluster);
  const node = await nodeOfProvisioner(world.cluster, leader);
  const pid = await world.onNode(
    node,
    `grep -lsa POD_NAME=${leader} /proc/[0-9]*/environ | cut -d/ -f3`,
  );
  expect(pid).toMatch(/^\d+$/);
  const names = await begin("stopped", 9, nodes);
  await world.onNode(node, `kill -STOP ${pid}`);
  try {
    await newLeaderThan(leader);
    await oneEach(names);
    // What the old leader still believes to be in work is gone when it wakes.
    for (const name of names.splice(0, 3)) await world.delete("PersistentVolumeClaim", name);
    await oneEach(names);
  } finally {
    await world.onNode(node, `kill -CONT ${pid}`);
  }
  await eventually(async () => {
    expect(await restartsOfProvisioner(world.cluster, leader)).toBeGreaterThan(0);
  });
  await oneEach(names);
});

test("a leader that is cut off the network is replaced within 30 s, and does no harm when it is back", async () => {
  const leader = await leadingProvisioner(world.cluster);
  const node = await nodeOfProvisioner(world.cluster, leader);
  const others = nodes.filter((other) => other !== node);
  const names = await begin("cut", 6, others);
  await world.cluster.node(node).pauseNetwork();
  try {
    await newLeaderThan(leader);
    await eventually(async () => {
      for (const name of names) {
        expect(await world.get("PersistentVolumeClaim", name)).toMatchObject({
          status: { phase: "Bound" },
        });
      }
    });
    await world.delete("PersistentVolumeClaim", names.shift() ?? "");
  } finally {
    await world.cluster.node(node).resumeNetwork();
  }
  await world.cluster.node(node).ready();
  await oneEach(names);
  await eventually(async () => {
    expect(await restartsOfProvisioner(world.cluster, leader)).toBeGreaterThan(0);
  });
  await oneEach(names);
});
