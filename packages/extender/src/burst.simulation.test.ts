import { gib } from "@stowage/capacity";
import { seconds } from "@stowage/clock";
import { expect, test } from "vitest";
import { claimOf } from "./cached.ts";
import type { World } from "./testing/harness.ts";
import { filter, makeWorld, prioritize, see, seeNodes } from "./testing/harness.ts";
import { claim, podWith, storage } from "./testing/objects.ts";

/** kube-scheduler's cycle: filter, then scores if there is a choice; the highest score wins. */
const schedule = async (
  world: World,
  pod: object,
  nodes: readonly string[],
): Promise<{ node: string } | { refused: Readonly<Record<string, string>> }> => {
  const answer = await filter(world, pod, nodes);
  const feasible = answer.NodeNames ?? [];
  const [first] = feasible;
  if (first === undefined) return { refused: answer.FailedAndUnresolvableNodes };
  if (feasible.length === 1) return { node: first };
  const scores = await prioritize(world, pod, feasible);
  const top = scores.toSorted((a, b) => b.Score - a.Score)[0];
  return { node: top?.Host ?? first };
};

test.for([{ lag: 1 }, { lag: 3 }, { lag: 100 }])(
  "of 10 pods of 3 GiB at once, two nodes of 10 GiB take 6, with news $lag pods late",
  async ({ lag }) => {
    const world = makeWorld();
    seeNodes(world, "n1", "n2");
    const names = Array.from({ length: 10 }, (_, index) => `p${index}`);
    see(world, { claims: names.map((name) => claim({ name })) });
    const placed: { name: string; node: string }[] = [];
    const refused: Readonly<Record<string, string>>[] = [];
    for (const [index, name] of names.entries()) {
      const late = placed[index - lag];
      if (late !== undefined) {
        see(world, { claims: [claim({ name: late.name, selectedNode: late.node })] });
      }
      const outcome = await schedule(world, podWith(name, [name]), ["n1", "n2"]);
      if ("node" in outcome) placed.push({ name, node: outcome.node });
      else refused.push(outcome.refused);
    }
    const on = (node: string) => placed.filter((one) => one.node === node).length;
    expect({ n1: on("n1"), n2: on("n2"), refused: refused.length }).toEqual({
      n1: 3,
      n2: 3,
      refused: 4,
    });
    const words = "needs 3 GiB in fast, 1 GiB free of 10 GiB (9 GiB booked)";
    expect(refused).toEqual(Array.from({ length: 4 }, () => ({ n1: words, n2: words })));
  },
);

const full = { n1: "needs 6 GiB in fast, 4 GiB free of 10 GiB (6 GiB booked)" };
const twoPods = async (): Promise<World> => {
  const world = makeWorld();
  seeNodes(world, "n1");
  see(world, {
    claims: [claim({ name: "a", size: gib(6) }), claim({ name: "b", size: gib(6) })],
  });
  expect(await schedule(world, podWith("a", ["a"]), ["n1"])).toEqual({ node: "n1" });
  return world;
};

test("a promise lapses when nothing more is heard of its pod", async () => {
  const world = await twoPods();
  await world.clock.advance(seconds(4.999));
  expect(await schedule(world, podWith("b", ["b"]), ["n1"])).toEqual({ refused: full });
  await world.clock.advance(seconds(0.001));
  expect(await schedule(world, podWith("b", ["b"]), ["n1"])).toEqual({ node: "n1" });
  expect(world.extender.promises()).toBe(1);
});

test.for([
  { news: "its claim selects another node", change: { selectedNode: "n2" }, ends: true },
  { news: "its claim is deleted", change: { deleting: true as const }, ends: true },
  { news: "its claim is bound", change: { volumeName: "pvc-a" }, ends: true },
  { news: "its claim selects the node", change: { selectedNode: "n1" }, ends: false },
  { news: "its claim changes otherwise", change: {}, ends: false },
])("when $news, the room of a promise is free: $ends", async ({ change, ends }) => {
  const world = await twoPods();
  see(world, { claims: [claim({ name: "a", size: gib(6), ...change })] });
  const outcome = await schedule(world, podWith("b", ["b"]), ["n1"]);
  expect(outcome).toEqual(ends ? { node: "n1" } : { refused: full });
});

test("a claim that is gone holds nothing", async () => {
  const world = await twoPods();
  world.cluster.seeClaim({ kind: "gone", object: claimOf(claim({ name: "a", size: gib(6) })) });
  expect(await schedule(world, podWith("b", ["b"]), ["n1"])).toEqual({ node: "n1" });
});

test("an old selected-node seen again after the promise does not end it", async () => {
  const world = makeWorld();
  seeNodes(world, "n1");
  const old = claim({ name: "a", size: gib(6), selectedNode: "n9" });
  see(world, { claims: [old, claim({ name: "b", size: gib(6) })] });
  await schedule(world, podWith("a", ["a"]), ["n1"]);
  see(world, { claims: [old] });
  expect(await schedule(world, podWith("b", ["b"]), ["n1"])).toEqual({ refused: full });
  see(world, { claims: [claim({ name: "a", size: gib(6) })] });
  expect(await schedule(world, podWith("b", ["b"]), ["n1"])).toEqual({ refused: full });
});

test("a pod seen again holds room in one place only", async () => {
  const world = makeWorld();
  seeNodes(world, "n1", "n2");
  see(world, { claims: ["a", "b"].map((name) => claim({ name, size: gib(6) })) });
  await schedule(world, podWith("a", ["a"]), ["n1"]);
  await schedule(world, podWith("a", ["a"]), ["n2"]);
  expect(await schedule(world, podWith("b", ["b"]), ["n1"])).toEqual({ node: "n1" });
});

test("a claim with entry, selected-node and promise counts once", async () => {
  const world = await twoPods();
  see(world, {
    claims: [
      claim({ name: "a", size: gib(6), selectedNode: "n1" }),
      claim({ name: "c", size: gib(4) }),
    ],
    storages: [storage({ node: "n1", volumes: [{ uid: "uid-a", size: gib(6) }] })],
  });
  expect(await schedule(world, podWith("c", ["c"]), ["n1"])).toEqual({ node: "n1" });
});

test("asking twice gives the same answer: a pod's own promise is not held against it", async () => {
  const world = await twoPods();
  expect(await schedule(world, podWith("a", ["a"]), ["n1"])).toEqual({ node: "n1" });
  expect(world.extender.promises()).toBe(1);
});
