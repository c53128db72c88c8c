import { claims, pods } from "@stowage/api";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { nodeName, volumeGroup } from "../src/simulated-nodes.ts";
import { schedulerConfiguration, Simulated } from "../src/simulated.ts";

/*
 * A thousand nodes, of which kube-scheduler looks at a sample for each pod. The scheduler,
 * the extender and the provisioner are real, the nodes are objects.
 */

const count = 1000;
/** The one node with room for more than 1 GiB. */
const lucky = 700;
const namespace = "default";
let simulated: Simulated;

beforeAll(async () => {
  simulated = await Simulated.up({
    name: "many-nodes",
    nodes: count,
    roomOf: (index) => (index === lucky ? "10Gi" : "1Gi"),
  });
  await simulated.cluster.controlPlane.restartScheduler(await schedulerConfiguration("with"));
});

afterAll(async () => {
  await simulated[Symbol.asyncDispose]();
});

afterEach(async () => {
  for (const { metadata } of (await simulated.client.list(pods, { namespace })).items) {
    await simulated.client.delete(pods, { namespace, name: metadata.name });
  }
});

/** Makes a pod with claims of these sizes. */
const makePod = async (name: string, sizes: readonly string[]): Promise<void> => {
  const names = sizes.map((_, index) => `${name}-${index}`);
  for (const [index, storage] of sizes.entries()) {
    await simulated.client.create(claims, {
      metadata: { name: names[index], namespace },
      spec: {
        storageClassName: volumeGroup,
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage } },
      },
    });
  }
  await simulated.client.create(pods, {
    metadata: { name, namespace },
    spec: {
      tolerations: [{ operator: "Exists" }],
      containers: [{ name: "main", image: "none" }],
      volumes: names.map((claimName) => ({
        name: claimName,
        persistentVolumeClaim: { claimName },
      })),
    },
  });
};

/** The limit is the case's own: it holds on a slow machine too. */
const landsWithin30Seconds = (name: string): Promise<void> =>
  vi.waitFor(
    async () => {
      const { nodeName: chosen } = await simulated.client.get(pods, { namespace, name });
      expect(chosen).toBe(nodeName(lucky));
    },
    { timeout: 30_000, interval: 250 },
  );

test("of 1000 nodes one has room, and a pod lands there within 30 s", async () => {
  await makePod("single", ["3Gi"]);
  await landsWithin30Seconds("single");
});

test("two claims that fit together on one node of 1000 only land there within 30 s", async () => {
  await makePod("pair", ["700Mi", "700Mi"]);
  await landsWithin30Seconds("pair");
});

test("a pod lands there within 30 s, with the extender killed and restarted in the middle", async () => {
  await simulated.extender.kill();
  const landing = makePod("killed", ["2Gi"]).then(() => landsWithin30Seconds("killed"));
  await simulated.extender.start();
  await landing;
  await simulated.extenderReady();
});
