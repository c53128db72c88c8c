import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { AgentPod } from "../src/agent-pod.ts";
import { Chronicle } from "../src/chronicle.ts";
import { withReplicas } from "../src/extender-replicas.ts";
import type { Plain } from "../src/kinds.ts";
import { at } from "../src/kinds.ts";
import { claim, claimOn, onlyNodes, podWith, preferNode, storageClass } from "../src/manifests.ts";
import { eventually, World } from "../src/world.ts";

/* Where claims are placed and placed anew: the scheduler, the extender and the provisioner together. */

let world: World;

beforeAll(async () => {
  world = await World.enter("placed");
  // n1 has the most room, so it is the first choice of every claim.
  await world.storageClass(
    storageClass("placed", { nodes: { n1: ["/dev/ubdb", "/dev/ubdc"], n2: ["/dev/ubdb"] } }),
    ["n1", "n2"],
  );
});

afterEach(() => world.clear());
afterAll(() => world.leave());

/** Two of these do not fit on n2. */
const large = "2500Mi";
/** The scheduler's own: the longest pause of a pod that was refused, and when it is tried unasked. */
const longestPauseMs = 10_000;
const flushMs = 300_000;

const refused = (pod: string, words: RegExp): Promise<void> =>
  eventually(async () => {
    expect(await world.messages("Pod", pod)).toContainEqual(expect.stringMatching(words));
  });

const freeSaidByVgs = async (node: string): Promise<number> =>
  Number(await world.onNode(node, "vgs --noheadings --units b --nosuffix -o vg_free placed"));

const middle = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;

/** Waits for something to be noted, and looks often: when it is is what counts. */
const noted = <T>(find: () => T | undefined): Promise<T> =>
  eventually(
    async () => {
      const note = find();
      if (note === undefined) throw new Error("it is not so yet");
      return note;
    },
    { interval: 20 },
  );

/** As claim(), with the pod that wants it on n2. */
const ask = async (name: string): Promise<void> => {
  await world.create(claim(name, "placed", large));
  await world.create(podWith(name, [name], onlyNodes("n2")));
};

const drop = async (name: string): Promise<void> => {
  await world.delete("Pod", name);
  await world.delete("PersistentVolumeClaim", name);
};

test("a pod that waits is placed as soon as room is there: room, then the published number, then the node", async () => {
  const chronicle = await Chronicle.of(world, "placed");
  const placing: number[] = [];
  const waking: number[] = [];
  try {
    for (const round of [1, 2, 3]) {
      const [first, second] = [`first-${round}`, `second-${round}`];
      const chosenFor = (name: string) =>
        noted(() => chronicle.chosen.find(({ claim: of, node }) => of === name && node === "n2"));
      await world.create(claim(first, "placed", large));
      const asked = performance.now();
      await world.create(podWith(first, [first], onlyNodes("n2")));
      placing.push((await chosenFor(first)).atMs - asked);
      await world.running(first);
      const volume = await world.volumeOf(first);
      await ask(second);
      await refused(second, /needs 2\.45 GiB in placed, 1\.55 GiB free of 3\.99 GiB/);
      await sleep(longestPauseMs);

      await drop(first);
      const chosen = await chosenFor(second);
      const room = await noted(() =>
        chronicle.ledgers.find(
          ({ version, group, volumes }) =>
            group === "n2.placed" &&
            !volumes.includes(volume) &&
            chronicle.ledgers.some(
              (before) =>
                before.group === group &&
                before.version < version &&
                before.volumes.includes(volume),
            ),
        ),
      );
      const published = await noted(() =>
        chronicle.published.find(({ version, node }) => node === "n2" && version > room.version),
      );
      expect(chosen.version).toBeGreaterThan(published.version);
      waking.push(chosen.atMs - room.atMs);
      await world.running(second);
      await drop(second);
      await eventually(async () => {
        expect(at(await world.get("NodeLocalStorage", "n2.placed"), "spec.volumes")).toEqual([]);
      });
    }
  } finally {
    chronicle.end();
  }
  // Of the order of what it takes the scheduler to place a pod for which there is room: nothing that
  // is waited for, or that comes round at intervals, lies between the room and the node.
  expect({ placing, waking }).toSatisfy(() => middle(waking) < 20 * middle(placing));
  expect({ waking }).toSatisfy(() => middle(waking) < flushMs / 50);
});

test("room that is held for a pod that never comes to be bound is free again, and who was refused for it runs soon", async () => {
  await world.create(claim("ghost", "placed", large));
  await world.create(claim("refused", "placed", large));
  // Another scheduler's pod, which passes the filter and is never heard of again.
  const ghost = {
    metadata: { name: "ghost", namespace: world.namespace, uid: "ghost" },
    spec: { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "ghost" } }] },
  };
  await withReplicas(world, async (replicas) => {
    const call = { Pod: ghost, Nodes: null, NodeNames: ["n2"] };
    for (const replica of replicas) {
      expect(await replica.post("filter", call)).toMatchObject({ NodeNames: ["n2"] });
      await replica.post("prioritize", call);
    }
  });
  await world.create(podWith("refused", ["refused"], onlyNodes("n2")));
  await refused("refused", /needs 2\.45 GiB in placed, 1\.55 GiB free of 3\.99 GiB/);
  await world.running("refused", { timeout: 60_000 });
  const { items } = JSON.parse(
    await world.cluster.kubectl("-n stowage-system get csistoragecapacities -o json".split(" ")),
  ) as { items: Plain[] };
  expect(items.filter((item) => at(item, "storageClassName") === "placed")).toContainEqual(
    expect.objectContaining({
      metadata: expect.objectContaining({
        annotations: { "stowage.dev/woken-at": expect.any(String) },
      }),
    }),
  );
  await eventually(async () => {
    expect((await world.group("n2", "placed")).status.free).toBe(await freeSaidByVgs("n2"));
  });
});

test("a node that proves full is chosen once: its true room is published before the claim is placed anew", async () => {
  const chronicle = await Chronicle.of(world, "placed");
  await world.onNode("n1", "lvcreate --yes --extents 100%FREE --name by-hand placed");
  try {
    await world.create(claim("moved", "placed", "1Gi"));
    await world.create(podWith("moved", ["moved"], preferNode("n1")));
    expect(at(await world.running("moved"), "spec.nodeName")).toBe("n2");
    const choices = chronicle.chosen.filter(({ claim: of }) => of === "moved");
    expect(choices.map(({ node }) => node)).toEqual(["n1", undefined, "n2"]);
    const cleared = choices[1]?.version ?? Number.NaN;
    const before = chronicle.published.filter(({ version }) => version < cleared);
    expect(before).toContainEqual(expect.objectContaining({ node: "n1", bytes: 0 }));
  } finally {
    chronicle.end();
    await world.onNode("n1", "lvremove --yes placed/by-hand");
  }
  await eventually(
    async () => {
      const { allocatable, capacity } = (await world.group("n1", "placed")).status;
      expect(allocatable).toBe(capacity);
    },
    { timeout: 150_000 },
  );
});

const statefulSet: Plain = {
  kind: "StatefulSet",
  metadata: { name: "db" },
  spec: {
    serviceName: "db",
    replicas: 1,
    selector: { matchLabels: { app: "db" } },
    template: {
      metadata: { labels: { app: "db" } },
      spec: at(podWith("db", ["data"]), "spec"),
    },
    volumeClaimTemplates: [
      { metadata: { name: "data" }, spec: at(claim("data", "placed", large), "spec") },
    ],
  },
};

test("a StatefulSet's pod and claim that are deleted together come back as a new pair, and leave nothing", async () => {
  await world.create(statefulSet);
  const uidOf = async (kind: "Pod" | "PersistentVolumeClaim", name: string): Promise<unknown> =>
    at(await world.get(kind, name), "metadata.uid");
  try {
    await world.running("db-0");
    for (let round = 0; round < 3; round += 1) {
      const before = await uidOf("PersistentVolumeClaim", "data-db-0");
      await world.cluster.kubectl(
        `-n ${world.namespace} delete pvc/data-db-0 pod/db-0 --wait=false`.split(" "),
      );
      await eventually(async () => {
        const now = await world.get("PersistentVolumeClaim", "data-db-0");
        expect(now).toMatchObject({ status: { phase: "Bound" } });
        expect(at(now, "metadata.uid")).not.toBe(before);
        expect(at(now, "spec.volumeName")).toBe(`pvc-${String(at(now, "metadata.uid"))}`);
        expect(await world.get("Pod", "db-0")).toMatchObject({ status: { phase: "Running" } });
      });
      const volume = await world.volumeOf("data-db-0");
      await eventually(async () => {
        const made = await Promise.all(["n1", "n2"].map((n) => world.logicalVolumes(n, "placed")));
        expect(made.flat()).toEqual([volume]);
      });
    }
  } finally {
    await world.delete("StatefulSet", "db");
  }
});

test("an ephemeral volume whose pod is deleted while its node is down is gone when the node is back", async () => {
  const node = world.cluster.node("n2");
  const template = { spec: at(claim("template", "placed", large), "spec") };
  await world.create(
    podWith("scratch", [], {
      volumes: [{ name: "v", ephemeral: { volumeClaimTemplate: template } }],
      ...onlyNodes("n2"),
    }),
  );
  await world.running("scratch");
  expect(await world.logicalVolumes("n2", "placed")).toHaveLength(1);
  await node.powerCut();
  await world.cluster.kubectl(
    `-n ${world.namespace} delete pod scratch --grace-period=0 --force`.split(" "),
  );
  await node.boot();
  await node.ready();
  await eventually(async () => {
    expect(await world.get("PersistentVolumeClaim", "scratch-v")).toBeUndefined();
    expect(at(await world.get("NodeLocalStorage", "n2.placed"), "spec.volumes")).toEqual([]);
    expect(await world.logicalVolumes("n2", "placed")).toEqual([]);
  });
});

test("an agent that falls silent with a claim in its hands loses it: the pod runs elsewhere, and nothing stays behind", async () => {
  const agent = new AgentPod(world, "n1");
  await agent.signal("STOP");
  try {
    await world.create(claim("silent", "placed", "64Mi"));
    await world.create(podWith("silent", ["silent"], preferNode("n1")));
    await eventually(async () => {
      expect(await world.get("NodeLocalStorage", "n1.placed")).toHaveProperty("spec.volumes.0");
    });
    const running = await world.running("silent", { timeout: 150_000 });
    expect(at(running, "spec.nodeName")).toBe("n2");
    expect(await world.messages("PersistentVolumeClaim", "silent")).toContainEqual(
      "no volume on node n1: the Stowage agent on the node is not ready",
    );
  } finally {
    await agent.signal("CONT");
  }
  await agent.becomes("ready");
  await eventually(async () => {
    expect(at(await world.get("NodeLocalStorage", "n1.placed"), "spec.volumes")).toEqual([]);
  });
  expect(await world.logicalVolumes("n1", "placed")).toEqual([]);
});

test("a group whose NodeLocalStorage is deleted while a claim waits in it gives the claim back", async () => {
  const agent = new AgentPod(world, "n2");
  await world.create({
    kind: "NodeLocalStorage",
    metadata: { name: "n2.written" },
    spec: { nodeName: "n2", volumeGroup: "written", devices: [{ path: "/dev/ubdc" }] },
  });
  await world.storageClass(storageClass("written"), ["n2"]);
  await agent.signal("STOP");
  try {
    await world.create(claimOn("n2", "orphaned", "written", "64Mi"));
    await eventually(async () => {
      expect(await world.get("NodeLocalStorage", "n2.written")).toHaveProperty("spec.volumes.0");
    });
    await world.delete("NodeLocalStorage", "n2.written");
    await eventually(async () => {
      expect(await world.messages("PersistentVolumeClaim", "orphaned")).toContainEqual(
        "no volume on node n2: no volume group written",
      );
      const object = await world.get("PersistentVolumeClaim", "orphaned");
      expect(at(object, "metadata.annotations")).not.toHaveProperty([
        "volume.kubernetes.io/selected-node",
      ]);
    });
  } finally {
    await agent.signal("CONT");
  }
  await agent.becomes("ready");
  expect(await world.logicalVolumes("n2", "written")).toEqual([]);
});

test("a claim of an Immediate class goes only where allowedTopologies let it", async () => {
  const name = "placed-there";
  await world.create({
    ...storageClass(name, { parameters: { volumeGroup: "placed" } }),
    volumeBindingMode: "Immediate",
    allowedTopologies: [
      { matchLabelExpressions: [{ key: "kubernetes.io/hostname", values: ["n2"] }] },
    ],
  });
  try {
    await world.create(claim("there", name, "64Mi"));
    await world.until("PersistentVolumeClaim", "there", { status: { phase: "Bound" } });
    expect(await world.logicalVolumes("n2", "placed")).toEqual([await world.volumeOf("there")]);
    await world.create(claim("too-large", name, "6Gi"));
    await eventually(async () => {
      expect(await world.messages("PersistentVolumeClaim", "too-large")).toContainEqual(
        expect.stringMatching(/n1: .*allowedTopologies/),
      );
    });
  } finally {
    await world.delete("StorageClass", name);
  }
});
