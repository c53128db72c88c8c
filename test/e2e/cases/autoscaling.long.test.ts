import { afterAll, beforeAll, expect, test } from "vitest";
import { documented, examplesOf } from "../src/docs/documented.ts";
import { configureScheduler } from "../src/install.ts";
import type { Plain } from "../src/kinds.ts";
import { at } from "../src/kinds.ts";
import { claim, podWith, storageClass } from "../src/manifests.ts";
import { Shell } from "../src/shell.ts";
import { eventually, World } from "../src/world.ts";

/*
 * docs/autoscaling.md. cluster-autoscaler judges pods by kube-scheduler's filters without any extender:
 * here kube-scheduler itself does that. n1 is the node that there is, n3 the one that is added.
 */

const group = "fast";
let world: World;
let shell: Shell;

const label = (node: string): Promise<string> =>
  world.cluster.kubectl(["label", "node", node, "storage=local"]);

const makeGroups = (): Promise<string> =>
  shell.run(documented("autoscaling.md", "New nodes", "for node in"));

beforeAll(async () => {
  world = await World.enter("autoscaling");
  shell = await Shell.open(world.cluster, world.namespace);
  await label("n1");
  await makeGroups();
  await world.storageClass(storageClass(group), ["n1"]);
});

afterAll(async () => {
  await configureScheduler(world.cluster);
  for (const node of ["n1", "n3"]) {
    await world.cluster.kubectl(["label", "node", node, "storage-"]);
    const path = "/status/capacity/example.com~1fast-gib";
    await shell.try(
      `kubectl patch node ${node} --subresource=status --type json -p '[{"op": "remove", "path": "${path}"}]'`,
    );
  }
  await shell.close();
  await world.leave();
});

const onStorageNodes = { nodeSelector: { storage: "local" } };

const start = async (name: string, size: string, change: (pod: Plain) => Plain): Promise<void> => {
  await world.create(claim(name, group, size));
  await world.create(change(podWith(name, [name], onStorageNodes)));
};

/** Nodes that the scheduler chose for a claim and the provisioner refused, in the events' words. */
const refusals = async (claimName: string): Promise<string> => {
  const events = await world.list("Event");
  return events
    .filter((event) => event["reason"] === "ProvisioningFailed")
    .filter((event) => at(event, "involvedObject.name") === claimName)
    .map((event) => String(event["message"]))
    .join("\n");
};

const waitsFor = (pod: string, words: RegExp): Promise<Plain> =>
  world.until("Pod", pod, {
    status: {
      conditions: expect.arrayContaining([
        expect.objectContaining({
          type: "PodScheduled",
          status: "False",
          message: expect.stringMatching(words),
        }),
      ]),
    },
  });

test("without an extender a pod whose claim fits nowhere seems to fit on a full node", async () => {
  await world.cluster.controlPlane.restartScheduler({});
  await start("huge", "100Gi", (pod) => pod);
  await eventually(async () => expect(await refusals("huge")).toContain("on node n1"));
  await world.delete("Pod", "huge");
  await world.delete("PersistentVolumeClaim", "huge");
});

test("with one pod on each node a new node is what the next pod needs, and gets", async () => {
  await world.cluster.controlPlane.restartScheduler({});
  const [spec] = examplesOf("autoscaling.md", "One pod on each node");
  const member = (pod: Plain): Plain => ({
    ...pod,
    metadata: { ...(pod["metadata"] as Plain), labels: { app: "db" } },
    spec: { ...(pod["spec"] as Plain), ...(spec as Plain) },
  });
  await start("first", "64Mi", member);
  await world.running("first");
  await start("second", "64Mi", member);
  await waitsFor("second", /anti-affinity rules/);

  // What cluster-autoscaler imagines: a node as they come, which has no volume group yet.
  await label("n3");
  await eventually(async () => expect(await refusals("second")).toContain("on node n3"));

  await configureScheduler(world.cluster);
  await makeGroups();
  await world.groupAlsoOn("n3", group);
  await world.running("second", { timeout: 150_000 });
  expect(await world.get("Pod", "second")).toMatchObject({ spec: { nodeName: "n3" } });
});

test("a resource that stands for room is counted by the scheduler itself", async () => {
  for (const node of ["n1", "n3"]) {
    await shell.run(
      documented("autoscaling.md", "Several pods on each node", "kubectl patch node"),
      {
        "node n1": `node ${node}`,
      },
    );
    await world.until(
      "Node",
      node,
      { status: { allocatable: { "example.com/fast-gib": "3" } } },
      { timeout: 150_000 },
    );
  }
  const [example] = examplesOf("autoscaling.md", "Several pods on each node");
  const counted = (pod: Plain): Plain => {
    const [container] = at(pod, "spec.containers") as Plain[];
    return {
      ...pod,
      spec: { ...(pod["spec"] as Plain), containers: [{ ...container, ...(example as Plain) }] },
    };
  };
  for (const name of ["one", "two"]) {
    await start(name, "1Gi", counted);
    await world.running(name);
  }
  await start("three", "1Gi", counted);
  await waitsFor("three", /2 Insufficient example\.com\/fast-gib/);
});
