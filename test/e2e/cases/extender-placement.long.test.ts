import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { withReplicas } from "../src/extender-replicas.ts";
import { claim, podWith } from "../src/manifests.ts";
import {
  ephemeral,
  ephemeralVolumes,
  madeAnew,
  neverBound,
  placementClass,
  provesFull,
  urgent,
} from "../src/placement-cases.ts";
import { rolledOut } from "../src/rollout.ts";
import { eventually, World } from "../src/world.ts";

const group = "placing";
let world: World;

beforeAll(async () => {
  world = await World.enter("extender");
  await world.storageClass(placementClass(group), ["n1", "n2"]);
});

afterEach(() => world.clear());
afterAll(() => world.leave());

/** 4088 MiB a node: one of these fits on each. */
const large = "2500Mi";

test("room held for a pod that never came to be bound is free again soon", () =>
  neverBound(world, group));

test("room promised to a pod that passes and is never bound is free again in seconds, as vgs says", async () => {
  for (const name of ["ghost", "probe"]) await world.create(claim(name, group, large));
  // Never scheduled itself: only its arithmetic is asked for.
  await world.create(podWith("probe", ["probe"], { schedulingGates: [{ name: "test/never" }] }));
  const vgs = await world.onNode("n1", `vgs --noheadings --units b --nosuffix -o vg_free ${group}`);
  await withReplicas(world, async (replicas) => {
    expect(replicas.length).toBeGreaterThan(0);
    for (const replica of replicas) {
      const pod = {
        metadata: { name: "ghost", namespace: world.namespace, uid: "ghost" },
        spec: { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "ghost" } }] },
      };
      await eventually(async () => {
        const call = { Pod: pod, Nodes: null, NodeNames: ["n1"] };
        expect(await replica.post("filter", call)).toMatchObject({ NodeNames: ["n1"] });
        expect(await replica.explain("probe", "n1")).toMatchObject({
          held: [{ claim: `${world.namespace}/ghost`, why: "promised" }],
        });
      });
      await eventually(
        async () => {
          expect(await replica.explain("probe", "n1")).toMatchObject({
            held: [],
            free: Number(vgs),
          });
        },
        { timeout: 30_000 },
      );
    }
  });
});

test("a node that proves full is not chosen again", () => provesFull(world, group));

test("with no extender and all nodes restarted, pods without claims start, and the extender comes back", async () => {
  const scale = (replicas: number): Promise<string> =>
    world.cluster.kubectl([
      ..."-n stowage-system scale deployment/stowage-extender".split(" "),
      `--replicas=${replicas}`,
    ]);
  await scale(0);
  try {
    await eventually(async () => {
      const pods = await world.cluster.kubectl(
        "-n stowage-system get pods -l app.kubernetes.io/component=extender -o name".split(" "),
      );
      expect(pods.trim()).toBe("");
    });
    await Promise.all(
      world.cluster.nodes.map(async (node) => {
        await node.powerCut();
        await node.boot();
        await node.ready();
      }),
    );
    await world.create(podWith("plain", []));
    await world.running("plain");
    for (const workload of ["daemonset/stowage-agent", "deployment/stowage-provisioner"]) {
      await rolledOut(world.cluster, workload);
    }
  } finally {
    // Its own pods have to pass the scheduler that asks it; the tests after this one want it in any case.
    await scale(2);
  }
  await rolledOut(world.cluster, "deployment/stowage-extender");
  await world.create(claim("after", group, "64Mi"));
  await world.create(podWith("after", ["after"]));
  await world.running("after");
});

test("a pod and its claim made anew under the same names run", () => madeAnew(world, group));

test("each replica refuses the pod of a claim that is being deleted, and says so", async () => {
  const metadata = { finalizers: ["test.stowage.dev/hold"] };
  const made = claim("going", group, large);
  await world.create({ ...made, metadata: { name: "going", ...metadata } });
  await world.cluster.kubectl(
    `-n ${world.namespace} delete persistentvolumeclaim/going --wait=false`.split(" "),
  );
  const pod = {
    metadata: { name: "late", namespace: world.namespace, uid: "late" },
    spec: { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "going" } }] },
  };
  await withReplicas(world, async (replicas) => {
    for (const replica of replicas) {
      await eventually(async () => {
        expect(
          await replica.post("filter", { Pod: pod, Nodes: null, NodeNames: ["n1", "n2"] }),
        ).toMatchObject({
          NodeNames: [],
          FailedAndUnresolvableNodes: { n1: expect.stringMatching(/going is being deleted/) },
        });
      });
    }
  });
  await world.merge("PersistentVolumeClaim", "going", { metadata: { finalizers: null } });
});

test("an urgent pod that finds no room evicts nobody", () => urgent(world, group));

test("an ephemeral volume's template counts, and goes with its pod", () =>
  ephemeralVolumes(world, group));

test("the ephemeral volume of a pod that goes while its node is down goes once it is up", async () => {
  const pinned = { nodeSelector: { "kubernetes.io/hostname": "n1" } };
  await world.create(ephemeral("crashed", group, large, pinned));
  await world.running("crashed");
  expect(await world.logicalVolumes("n1", group)).toHaveLength(1);
  const node = world.cluster.node("n1");
  await node.powerCut();
  try {
    await world.cluster.kubectl(
      `-n ${world.namespace} delete pod crashed --grace-period=0 --force`.split(" "),
    );
    // The garbage collector takes the claim, and nobody is there to remove its volume.
    await eventually(async () => {
      expect(await world.get("PersistentVolumeClaim", "crashed-scratch")).toBeUndefined();
    });
  } finally {
    await node.boot();
    await node.ready();
  }
  await eventually(async () => {
    expect(await world.logicalVolumes("n1", group)).toEqual([]);
  });
  await eventually(async () => {
    expect((await world.group("n1", group)).spec.volumes).toEqual([]);
  });
});
