import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { at } from "../src/kinds.ts";
import { claim, claimOn, podWith, storageClass } from "../src/manifests.ts";
import { eventually, World } from "../src/world.ts";

let world: World;

beforeAll(async () => {
  world = await World.enter("pods");
  await world.storageClass(
    storageClass("pods", { nodes: { n1: ["/dev/ubdb"], n2: ["/dev/ubdb"] } }),
    ["n1", "n2"],
  );
});

afterEach(() => world.clear());
afterAll(() => world.leave());

const selectedNode = async (name: string): Promise<unknown> => {
  const annotations = at(await world.get("PersistentVolumeClaim", name), "metadata.annotations");
  return Reflect.get(Object(annotations), "volume.kubernetes.io/selected-node");
};

/** A pod that the scheduler does not look at, so that the test chooses the node for its claims. */
const heldBack = { schedulingGates: [{ name: "stowage.dev/test" }] };

test("claims of one pod are promised room together: where both do not fit, neither gets any", async () => {
  await world.create(podWith("pair", ["one", "two"], heldBack));
  await world.create(claim("one", "pods", "3Gi"));
  await world.create(claim("two", "pods", "2Gi"));
  await Promise.all(
    ["one", "two"].map((name) =>
      world.merge("PersistentVolumeClaim", name, {
        metadata: { annotations: { "volume.kubernetes.io/selected-node": "n1" } },
      }),
    ),
  );
  for (const name of ["one", "two"]) {
    await eventually(async () => {
      expect(await selectedNode(name)).toBeUndefined();
      expect(await world.messages("PersistentVolumeClaim", name)).toContainEqual(
        expect.stringMatching(
          /^no volume on node n1: needs 5 GiB in pods for 2 volumes, 3\.99 GiB free of 3\.99 GiB/,
        ),
      );
    });
  }
  const group = await world.get("NodeLocalStorage", "n1.pods");
  expect(at(group, "spec.volumes")).toEqual([]);
  expect(await world.logicalVolumes("n1", "pods")).toEqual([]);
});

test("a claim whose pod was given up before it had a node does not wait for ever", async () => {
  await world.create(podWith("pair", ["near", "far"], heldBack));
  await world.create(claim("far", "pods", "64Mi"));
  await world.create(claimOn("n1", "near", "pods", "64Mi"));
  await eventually(async () => {
    const near = await world.get("PersistentVolumeClaim", "near");
    expect(at(near, "status.phase")).toBe("Bound");
  });
  expect(await selectedNode("far")).toBeUndefined();
});

test("a pod with spec.nodeName gets its volume on that node, without the scheduler", async () => {
  await world.create(claim("pinned", "pods", "64Mi"));
  await world.create(podWith("pinned", ["pinned"], { nodeName: "n2" }));
  await world.running("pinned");
  expect(await world.inPod("pinned", "echo written > /pinned/word && cat /pinned/word")).toBe(
    "written",
  );
  expect(await world.logicalVolumes("n2", "pods")).toHaveLength(1);
});

test("where the pod's node has no room or no group, the claim says so and follows when it has", async () => {
  await world.create(claim("large", "pods", "6Gi"));
  await world.create(podWith("large", ["large"], { nodeName: "n2" }));
  await world.create(claim("stray", "pods", "64Mi"));
  await world.create(podWith("stray", ["stray"], { nodeName: "n3" }));
  await eventually(async () => {
    expect(await world.messages("PersistentVolumeClaim", "stray")).toContainEqual(
      expect.stringMatching(/^no volume on node n3, which .* spec\.nodeName: no volume group pods/),
    );
    expect(await world.messages("PersistentVolumeClaim", "large")).toContainEqual(
      expect.stringMatching(
        /^no volume on node n2, which .* spec\.nodeName: needs 6 GiB in pods, /,
      ),
    );
  });
  expect(await selectedNode("stray")).toBeUndefined();
  await world.merge("NodeLocalStorage", "n2.pods", {
    spec: { devices: [{ path: "/dev/ubdb" }, { path: "/dev/ubdc" }] },
  });
  await world.running("large");
});
