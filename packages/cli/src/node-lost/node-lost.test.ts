import { expect, test } from "vitest";
import { TestCluster } from "../testing/cluster.ts";
import { healthyObjects, node, persistentVolume, storage } from "../testing/objects.ts";

const clusterWith = (more: Record<string, object[]> = {}): TestCluster =>
  new TestCluster({
    ...healthyObjects(),
    nodes: [node("n2"), node("n3")],
    nodelocalstorages: [
      storage({ node: "n1" }),
      storage({ node: "n1", group: "slow", annotations: { "stowage.dev/node-lost": "n1" } }),
      storage({ node: "n2" }),
    ],
    persistentvolumes: [
      persistentVolume("a", { phase: "Released" }),
      persistentVolume("b"),
      persistentVolume("c", {
        phase: "Released",
        spec: { persistentVolumeReclaimPolicy: "Retain" },
      }),
      persistentVolume("d", { group: "n2.fast", phase: "Released" }),
    ],
    ...more,
  });

const annotationOf = (cluster: TestCluster, name: string): string | undefined =>
  cluster.get("nodelocalstorages", name)?.metadata.annotations?.["stowage.dev/node-lost"];

test("node lost tells what follows, asks, and annotates each group of the node", async () => {
  const cluster = clusterWith();
  const { out, err, code } = await cluster.run("node lost n1", "y");
  expect(code).toBe(0);
  expect(err).toMatchInlineSnapshot(`
    "Volume groups of n1: fast, slow.
    PersistentVolumes that go: pvc-0000-a.
    Claims bound to it, whose pods wait for ever until you delete them: shop/b.
    PersistentVolumes with policy Retain, which stay: pvc-0000-c.
    Is node n1 gone for good, with all its disks? [y/N] "
  `);
  expect(out).toBe("n1.fast is said to be lost\nn1.slow is said to be lost");
  expect(annotationOf(cluster, "n1.fast")).toBe("n1");
  expect(annotationOf(cluster, "n1.slow")).toBe("n1");
  expect(annotationOf(cluster, "n2.fast")).toBeUndefined();
});

test("a node that exists is not lost", async () => {
  const cluster = clusterWith({ nodes: [node("n1")] });
  const { err, code } = await cluster.run("node lost n1 --yes");
  expect(code).toBe(1);
  expect(err).toBe(
    "error: node n1 exists, so it is not lost\nif it never comes back: kubectl delete node n1, and again",
  );
  expect(annotationOf(cluster, "n1.fast")).toBeUndefined();
});

test("without consent nothing is said", async () => {
  const cluster = clusterWith();
  expect((await cluster.run("node lost n1", "n")).code).toBe(6);
  expect(annotationOf(cluster, "n1.fast")).toBeUndefined();
});

test("a node that never was ends with 5 and a guess", async () => {
  const { err, code } = await clusterWith().run("node lost n4 --yes");
  expect(code).toBe(5);
  expect(err).toContain("there is no NodeLocalStorage of a node n4\ndid you mean n1 or n2?");
});
