import { afterAll, beforeAll, expect, test } from "vitest";
import { claim, podWith, preferNode, storageClass } from "../src/manifests.ts";
import { rolledOut } from "../src/rollout.ts";
import { eventually, World } from "../src/world.ts";

let world: World;

beforeAll(async () => {
  world = await World.enter("lost-node");
  await moveExtenderTo("n1", "n3");
  await world.storageClass(
    storageClass("lost", { nodes: { n1: ["/dev/ubdb"], n3: ["/dev/ubdb", "/dev/ubdc"] } }),
    ["n1", "n3"],
  );
});

afterAll(async () => {
  await world.cluster.node("n3").boot();
  await world.cluster.node("n3").ready();
  await world.leave();
});

/** One replica of the extender on each of these nodes: what dies with a node is asked too. */
const moveExtenderTo = async (...nodes: readonly string[]): Promise<void> => {
  const others = world.cluster.nodes
    .map(({ name }) => name)
    .filter((name) => !nodes.includes(name));
  const extender = ["-n", "stowage-system", "-l", "app.kubernetes.io/component=extender"];
  for (const node of others) await world.cluster.kubectl(["cordon", node]);
  try {
    for (const node of others) {
      await world.cluster.kubectl([
        "delete",
        "pod",
        ...extender,
        `--field-selector=spec.nodeName=${node}`,
      ]);
    }
    await rolledOut(world.cluster, "deployment/stowage-extender");
  } finally {
    for (const node of others) await world.cluster.kubectl(["uncordon", node]);
  }
  const pods = await world.cluster.kubectl([
    "get",
    "pods",
    ...extender,
    "--output=jsonpath={.items[*].spec.nodeName}",
  ]);
  expect(pods.split(" ").toSorted()).toEqual(nodes);
};

test("when the selected node is deleted its claim is placed elsewhere, and nothing stays behind", async () => {
  // The node dies before anybody has noticed, so that the scheduler still chooses it.
  await world.cluster.node("n3").powerCut();
  await world.create(claim("data", "lost", "1Gi"));
  await world.create(podWith("app", ["data"], preferNode("n3")));
  await world.until("PersistentVolumeClaim", "data", {
    metadata: { annotations: { "volume.kubernetes.io/selected-node": "n3" } },
  });
  await world.delete("Node", "n3");
  await eventually(async () => {
    expect(await world.get("PersistentVolumeClaim", "data")).not.toHaveProperty(
      ["metadata", "annotations", "volume.kubernetes.io/selected-node"],
      "n3",
    );
  });
  // A replica of the extender died with the node: calls that are led to it cost 5 s each.
  await world.running("app", { timeout: 90_000 });
  expect(await world.get("Pod", "app")).toMatchObject({ spec: { nodeName: "n1" } });

  await world.cluster.node("n3").boot();
  await world.groupReady("n3", "lost");
  await eventually(async () => {
    expect(await world.logicalVolumes("n3", "lost")).toEqual([]);
    expect(await world.get("NodeLocalStorage", "n3.lost")).not.toHaveProperty("spec.volumes.0");
  });
});
