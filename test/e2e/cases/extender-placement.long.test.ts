import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { withReplicas } from "../src/extender-replicas.ts";
import { at } from "../src/kinds.ts";
import { claim, podWith, preferNode, storageClass } from "../src/manifests.ts";
import { eventually, World } from "../src/world.ts";

let world: World;

beforeAll(async () => {
  world = await World.enter("extender");
  await world.storageClass(
    storageClass("placing", { nodes: { n1: ["/dev/ubdb"], n2: ["/dev/ubdb"] } }),
    ["n1", "n2"],
  );
});

afterEach(() => world.clear());
afterAll(() => world.leave());

/** 4088 MiB a node: one of these fits on each. */
const large = "2500Mi";

const waitsWith = (pod: string, words: RegExp): Promise<void> =>
  eventually(async () => {
    expect(await world.messages("Pod", pod)).toContainEqual(expect.stringMatching(words));
  });

test("case 3: room held for a pod that never came to be bound is free again soon", async () => {
  await world.create(claim("held", "placing", large));
  await world.create(podWith("held", ["held"]));
  await eventually(async () => {
    expect(await world.get("Pod", "held")).toMatchObject({
      spec: { nodeName: expect.any(String) },
    });
  });
  await world.delete("Pod", "held");
  await world.delete("PersistentVolumeClaim", "held");
  // Both nodes must take a large one now: nothing may be left of the first.
  for (const name of ["left", "right"]) {
    await world.create(claim(name, "placing", large));
    await world.create(podWith(name, [name]));
  }
  const nodes = await Promise.all(
    ["left", "right"].map(async (name) => at(await world.running(name), "spec.nodeName")),
  );
  expect(new Set(nodes).size).toBe(2);
});

test("case 3: room promised to a pod that passes and is never bound is free again in seconds, as vgs says", async () => {
  for (const name of ["ghost", "probe"]) await world.create(claim(name, "placing", large));
  // Never scheduled itself: only its arithmetic is asked for.
  await world.create(podWith("probe", ["probe"], { schedulingGates: [{ name: "test/never" }] }));
  const vgs = await world.onNode("n1", "vgs --noheadings --units b --nosuffix -o vg_free placing");
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

test("case 4: a node that proves full is not chosen again", async () => {
  await world.onNode("n1", "lvcreate --yes --extents 90%FREE --name by-hand placing");
  await world.create(claim("moved", "placing", large));
  await world.create(podWith("moved", ["moved"], preferNode("n1")));
  const moved = await world.running("moved");
  expect(at(moved, "spec.nodeName")).toBe("n2");
  await world.onNode("n1", "lvremove --yes placing/by-hand");
  await eventually(
    async () => {
      expect(await world.get("NodeLocalStorage", "n1.placing")).toMatchObject({
        status: { allocatable: "4088Mi" },
      });
    },
    { timeout: 150_000 },
  );
}, 300_000);

test("case 7: with no extender and all nodes restarted, pods without claims start, and the extender comes back", async () => {
  const scale = (replicas: number): Promise<string> =>
    world.cluster.kubectl([
      ..."-n stowage-system scale deployment/stowage-extender".split(" "),
      `--replicas=${replicas}`,
    ]);
  await scale(0);
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
    await world.cluster.kubectl([
      ..."-n stowage-system rollout status --timeout=120s".split(" "),
      workload,
    ]);
  }
  // The extender's own pods have to pass the scheduler that asks the extender.
  await scale(2);
  await world.cluster.kubectl(
    "-n stowage-system rollout status deployment/stowage-extender --timeout=120s".split(" "),
  );
  await world.create(claim("after", "placing", "64Mi"));
  await world.create(podWith("after", ["after"]));
  await world.running("after");
}, 400_000);

test("case 9: a pod and its claim made anew under the same names run", async () => {
  await world.create(claim("data-0", "placing", large));
  await world.create(podWith("db-0", ["data-0"]));
  await world.running("db-0");
  // Held back by a finalizer, so that the new pod surely comes while the old claim is still there.
  await world.merge("PersistentVolumeClaim", "data-0", {
    metadata: { finalizers: ["kubernetes.io/pvc-protection", "test.stowage.dev/hold"] },
  });
  await world.delete("Pod", "db-0");
  await world.cluster.kubectl(
    `-n ${world.namespace} delete persistentvolumeclaim/data-0 --wait=false`.split(" "),
  );
  await world.create(podWith("db-0", ["data-0"]));
  await waitsWith("db-0", /data-0"? is being deleted/);
  await withReplicas(world, async (replicas) => {
    const pod = await world.get("Pod", "db-0");
    for (const replica of replicas) {
      await eventually(async () => {
        expect(
          await replica.post("filter", { Pod: pod, Nodes: null, NodeNames: ["n1", "n2"] }),
        ).toMatchObject({
          NodeNames: [],
          FailedAndUnresolvableNodes: { n1: expect.stringMatching(/data-0 is being deleted/) },
        });
      });
    }
  });
  await world.merge("PersistentVolumeClaim", "data-0", { metadata: { finalizers: null } });
  await eventually(async () => {
    expect(await world.get("PersistentVolumeClaim", "data-0")).toBeUndefined();
  });
  const again = await world.create(claim("data-0", "placing", large));
  await world.running("db-0");
  const volume = `pvc-${String(at(again, "metadata.uid"))}`;
  expect(await world.get("PersistentVolumeClaim", "data-0")).toMatchObject({
    spec: { volumeName: volume },
  });
});

test("case 10: an urgent pod that finds no room evicts nobody", async () => {
  await world.cluster.kubectl("create priorityclass stowage-urgent --value=1000000".split(" "));
  try {
    for (const name of ["first", "second"]) {
      await world.create(claim(name, "placing", large));
      await world.create(podWith(name, [name]));
      await world.running(name);
    }
    await world.create(claim("urgent", "placing", large));
    await world.create(podWith("urgent", ["urgent"], { priorityClassName: "stowage-urgent" }));
    await waitsWith("urgent", /needs 2\.45 GiB in placing, .* free of 3\.99 GiB/);
    await waitsWith("urgent", /Preemption is not helpful for scheduling/);
    for (const name of ["first", "second"]) {
      expect(await world.get("Pod", name)).toMatchObject({ status: { phase: "Running" } });
    }
    expect(at(await world.get("Pod", "urgent"), "status.nominatedNodeName")).toBeUndefined();
  } finally {
    await world.cluster.kubectl("delete priorityclass stowage-urgent".split(" "));
  }
});

/** A pod whose only volume is a generic ephemeral one. */
const ephemeral = (name: string, size: string): ReturnType<typeof podWith> => {
  const { volumeName, template } = {
    volumeName: "scratch",
    template: {
      spec: {
        storageClassName: "placing",
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: size } },
      },
    },
  };
  return podWith(name, [], {
    volumes: [{ name: volumeName, ephemeral: { volumeClaimTemplate: template } }],
  });
};

test("case 11: an ephemeral volume's template counts, and goes with its pod", async () => {
  const names = ["scratch-a", "scratch-b", "scratch-c"];
  await Promise.all(names.map((name) => world.create(ephemeral(name, large))));
  await eventually(async () => {
    const phases = await Promise.all(
      names.map(async (name) => at(await world.get("Pod", name), "status.phase")),
    );
    expect(phases.filter((phase) => phase === "Running")).toHaveLength(2);
  });
  await Promise.all(names.map((name) => world.delete("Pod", name)));
  for (const node of ["n1", "n2"]) {
    await eventually(async () => {
      expect(await world.logicalVolumes(node, "placing")).toEqual([]);
    });
  }
});

test("a burst is placed right while the extender's replicas are killed one after the other", async () => {
  // 1200 MiB: three on each node.
  const names = Array.from({ length: 8 }, (_, index) => `killed-${index}`);
  for (const name of names) await world.create(claim(name, "placing", "1200Mi"));
  const killing = (async () => {
    const pods = await world.cluster.kubectl(
      "-n stowage-system get pods -l app.kubernetes.io/component=extender -o name".split(" "),
    );
    for (const pod of pods.trim().split("\n")) {
      await world.cluster.kubectl([
        "-n",
        "stowage-system",
        "delete",
        "--grace-period=0",
        "--force",
        pod,
      ]);
    }
  })();
  for (const name of names) await world.create(podWith(name, [name]));
  await killing;
  await eventually(
    async () => {
      const phases = await Promise.all(
        names.map(async (name) => at(await world.get("Pod", name), "status.phase")),
      );
      expect(phases.filter((phase) => phase === "Running")).toHaveLength(6);
    },
    { timeout: 150_000 },
  );
  for (const node of ["n1", "n2"]) {
    expect(await world.logicalVolumes(node, "placing")).toHaveLength(3);
  }
}, 300_000);
