import { gib, mib } from "@stowage/capacity";
import { expect, test } from "vitest";
import { adoptionOf } from "./cached.ts";
import type { Explanation } from "./explain.ts";
import type { Things, World } from "./testing/harness.ts";
import { filter, makeWorld, prioritize, see, seeNodes } from "./testing/harness.ts";
import {
  adoptedVolume,
  agentPod,
  claim,
  ephemeralVolume,
  podWith,
  storage,
} from "./testing/objects.ts";

const names = ["n1", "n2", "n3"];
const pod = podWith("web", ["a"]);

/** The entry of the earlier claim fills n2; `claim` a of the rebuilt cluster has another uid. */
const rebuilt = (things: Things = {}): World => {
  const world = makeWorld();
  seeNodes(world, ...names);
  see(world, {
    storages: [storage({ node: "n2", volumes: [{ uid: "old-a", size: gib(9) }] })],
    adopted: [adoptedVolume({ uid: "old-a", claimName: "a", size: gib(9) })],
  });
  see(world, things);
  return world;
};

const passing = async (world: World, asked: object = pod): Promise<readonly string[] | null> =>
  (await filter(world, asked, names)).NodeNames;

test("a claim is held to the node of the volume that was adopted for it, which takes no room again", async () => {
  const world = rebuilt({ claims: [claim({ name: "a", size: gib(9) })] });
  const answer = await filter(world, pod, names);
  const words = "the volume adopted for claim shop/a is on node n2";
  expect(answer.NodeNames).toEqual(["n2"]);
  expect(answer.FailedAndUnresolvableNodes).toEqual({ n1: words, n3: words });
  expect(await prioritize(world, pod, names)).toEqual([
    { Host: "n1", Score: 0 },
    { Host: "n2", Score: 10 },
    { Host: "n3", Score: 0 },
  ]);
  expect(world.extender.promises()).toBe(0);
});

test.for<{ name: string; things: Things }>([
  { name: "that has not been seen yet", things: {} },
  {
    name: "that has its volume, and does not say so yet",
    things: {
      claims: [claim({ name: "a", uid: "new-a" })],
      adopted: [adoptedVolume({ uid: "old-a", claimName: "a", size: gib(9), claimUid: "new-a" })],
    },
  },
  {
    name: "whose node is cordoned for new volumes and has no agent",
    things: {
      claims: [claim({ name: "a" })],
      storages: [
        storage({ node: "n2", cordoned: true, volumes: [{ uid: "old-a", size: gib(9) }] }),
      ],
      agents: [agentPod("n2", "False")],
    },
  },
])("so is a claim $name", async ({ things }) => {
  expect(await passing(rebuilt(things))).toEqual(["n2"]);
});

test.for<{ name: string; things: Things }>([
  {
    name: "has no entry any more",
    things: { storages: [storage({ node: "n2", allocatable: gib(1) })] },
  },
  {
    name: "is condemned",
    things: {
      storages: [storage({ node: "n2", volumes: [{ uid: "old-a", size: gib(9), delete: true }] })],
    },
  },
  {
    name: "was another claim's of the name, which is gone",
    things: {
      adopted: [adoptedVolume({ uid: "old-a", claimName: "a", size: gib(9), claimUid: "gone" })],
    },
  },
  {
    name: "is about to go",
    things: {
      adopted: [adoptedVolume({ uid: "old-a", claimName: "a", size: gib(9), deleting: true })],
    },
  },
  {
    name: "is for another claim",
    things: { adopted: [adoptedVolume({ uid: "old-a", claimName: "b", size: gib(9) })] },
  },
  {
    name: "is of another driver",
    things: {
      adopted: [
        adoptedVolume({
          uid: "old-a",
          claimName: "a",
          size: gib(9),
          provisionedBy: "nfs.example",
        }),
      ],
    },
  },
  {
    name: "is smaller than the claim",
    things: { adopted: [adoptedVolume({ uid: "old-a", claimName: "a", size: mib(10) })] },
  },
  {
    name: "has a file system where the claim wants a block device",
    things: { claims: [claim({ name: "a", volumeMode: "Block" })] },
  },
])("a volume that $name holds nobody, and its room is not the claim's", async ({ things }) => {
  const world = rebuilt({ claims: [claim({ name: "a" })] });
  expect(await passing(world)).toEqual(["n2"]);
  see(world, things);
  expect(await passing(world)).toEqual(["n1", "n3"]);
});

test("a PersistentVolume that is gone holds nobody", async () => {
  const world = rebuilt({ claims: [claim({ name: "a" })] });
  const object = adoptionOf(adoptedVolume({ uid: "old-a", claimName: "a" }));
  world.cluster.seeAdoption({ kind: "gone", object });
  expect(await passing(world)).toEqual(["n1", "n3"]);
});

test("of two volumes that were adopted for one name either will do", async () => {
  const world = rebuilt({
    claims: [claim({ name: "a" })],
    storages: [storage({ node: "n3", volumes: [{ uid: "older-a", size: gib(9) }] })],
    adopted: [adoptedVolume({ uid: "older-a", claimName: "a", size: gib(9) })],
  });
  const answer = await filter(world, pod, names);
  expect(answer.NodeNames).toEqual(["n2", "n3"]);
  expect(answer.FailedAndUnresolvableNodes).toEqual({
    n1: "the volumes adopted for claim shop/a are on nodes n2, n3",
  });
});

test("two claims whose volumes were adopted on two nodes can be together nowhere", async () => {
  const world = rebuilt({
    storages: [storage({ node: "n3", volumes: [{ uid: "old-b", size: gib(3) }] })],
    adopted: [adoptedVolume({ uid: "old-b", claimName: "b" })],
  });
  const answer = await filter(world, podWith("web", ["a", "b"]), names);
  expect(answer.NodeNames).toEqual([]);
  expect(answer.FailedAndUnresolvableNodes).toMatchObject({
    n2: "the volume adopted for claim shop/b is on node n3",
    n3: "the volume adopted for claim shop/a is on node n2",
  });
});

test.for([
  { size: gib(1), words: undefined },
  { size: gib(2), words: "needs 2 GiB in fast, 1 GiB free of 10 GiB (9 GiB booked)" },
])("a new claim of $size beside it needs its own room there", async ({ size, words }) => {
  const world = rebuilt({
    claims: [claim({ name: "a", size: gib(9) }), claim({ name: "b", size })],
  });
  const answer = await filter(world, podWith("web", ["a", "b"]), names);
  expect(answer.FailedAndUnresolvableNodes["n2"]).toBe(words);
});

test("the claim of a generic ephemeral volume is held as well, once it is the pod's", async () => {
  const world = rebuilt({
    adopted: [adoptedVolume({ uid: "old-a", claimName: "web-scratch", size: gib(9) })],
  });
  const web = podWith("web", [], [ephemeralVolume("scratch")]);
  expect(await passing(world, web)).toEqual(["n2"]);
  see(world, { claims: [claim({ name: "web-scratch", ownerUid: "uid-web" })] });
  expect(await passing(world, web)).toEqual(["n2"]);
  see(world, { claims: [claim({ name: "web-scratch", ownerUid: "another" })] });
  expect(await passing(world, web)).toEqual([]);
});

test("/explain tells of what was adopted", async () => {
  const world = rebuilt({ claims: [claim({ name: "a" })] });
  world.pods.set("shop/web", pod);
  const { demand, adopted, nodes } = (
    await world.app.inject("/explain?pod=shop/web")
  ).json<Explanation>();
  expect(demand).toBe("wanted");
  expect(adopted).toEqual([{ claim: "shop/a", volume: "pvc-old-a", node: "n2" }]);
  expect(nodes).toMatchObject([
    {
      node: "n1",
      verdict: "refused",
      code: "adopted_elsewhere",
      reason: "the volume adopted for claim shop/a is on node n2",
    },
    { node: "n2", verdict: "passed", groups: [] },
    { node: "n3", verdict: "refused" },
  ]);
});
