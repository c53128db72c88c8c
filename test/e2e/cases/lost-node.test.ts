import { afterAll, beforeAll, expect, test } from "vitest";
import { claim, podWith, preferNode, storageClass } from "../src/manifests.ts";
import { eventually, World } from "../src/world.ts";

let world: World;

beforeAll(async () => {
  world = await World.enter("lost-node");
  await world.storageClass(
    storageClass("lost", { nodes: { n1: ["/dev/ubdb"], n3: ["/dev/ubdb", "/dev/ubdc"] } }),
    ["n1", "n3"],
  );
});

afterAll(() => world.leave());

test("case 13: when the selected node is deleted its claim is placed elsewhere, and nothing stays behind", async () => {
  // The node dies before anybody has noticed, so that the scheduler still chooses it.
  await world.cluster.node("n3").powerCut();
  await world.create(claim("data", "lost", "1Gi"));
  await world.create(podWith("app", ["data"], preferNode("n3")));
  await world.until("PersistentVolumeClaim", "data", {
    metadata: { annotations: { "volume.kubernetes.io/selected-node": "n3" } },
  });
  await world.delete("Node", "n3");
  await world.running("app", { timeout: 60_000 });
  expect(await world.get("Pod", "app")).toMatchObject({ spec: { nodeName: "n1" } });

  await world.cluster.node("n3").boot();
  await world.groupReady("n3", "lost");
  await eventually(async () => {
    expect(await world.logicalVolumes("n3", "lost")).toEqual([]);
    expect(await world.get("NodeLocalStorage", "n3.lost")).not.toHaveProperty("spec.volumes.0");
  });
}, 400_000);
