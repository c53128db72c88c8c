import { gib } from "@stowage/capacity";
import { expect, test } from "vitest";
import type { World } from "./testing/harness.ts";
import { makeWorld, prioritize, see, seeNodes } from "./testing/harness.ts";
import { claim, podWith, storage } from "./testing/objects.ts";

const used = (world: World, sizes: Readonly<Record<string, number>>): void =>
  see(world, {
    storages: Object.entries(sizes).map(([node, size]) =>
      storage({ node, volumes: size === 0 ? [] : [{ uid: `on-${node}`, size: gib(size) }] }),
    ),
  });

test.for([
  // 7, 2 and 5 of 10 GiB are left once 3 GiB are placed; n4 has no room.
  { strategy: "spread" as const, scores: { n1: 10, n2: 2, n3: 5, n4: 0 } },
  { strategy: "binpack" as const, scores: { n1: 3, n2: 10, n3: 5, n4: 0 } },
])(
  "$strategy gives one node 10 and the others what they would have left",
  async ({ strategy, scores }) => {
    const world = makeWorld({ strategy });
    seeNodes(world, "n1", "n2", "n3", "n4");
    used(world, { n1: 0, n2: 5, n3: 2, n4: 9 });
    see(world, { claims: [claim({ name: "a" })] });
    const answer = await prioritize(world, podWith("web", ["a"]), Object.keys(scores));
    expect(Object.fromEntries(answer.map(({ Host, Score }) => [Host, Score]))).toEqual(scores);
  },
);

test("equal nodes share the load, and each pod stays with its node", async () => {
  const names = ["n1", "n2", "n3", "n4"];
  const tops = new Map<string, number>();
  for (let index = 0; index < 60; index += 1) {
    const pod = podWith(`p${index}`, ["a"]);
    const world = makeWorld();
    seeNodes(world, ...names);
    see(world, { claims: [claim({ name: "a", size: gib(1) })] });
    const first = await prioritize(world, pod, names);
    expect(await prioritize(world, pod, names)).toEqual(first);
    const [top, ...others] = first.filter(({ Score }) => Score === 10);
    expect(others).toEqual([]);
    tops.set(top?.Host ?? "", (tops.get(top?.Host ?? "") ?? 0) + 1);
  }
  for (const name of names) expect(tops.get(name)).toBeGreaterThan(4);
}, 30_000);

test("the node on which the claim has its room already is first, in either strategy", async () => {
  for (const strategy of ["spread", "binpack"] as const) {
    const world = makeWorld({ strategy });
    seeNodes(world, "n1", "n2");
    see(world, {
      storages: [storage({ node: "n2", volumes: [{ uid: "uid-a", size: gib(3) }] })],
      claims: [claim({ name: "a" })],
    });
    const scores = await prioritize(world, podWith("web", ["a"]), ["n1", "n2"]);
    expect(scores.find(({ Host }) => Host === "n2")?.Score).toBe(10);
  }
});

test("a pod without claims of ours gets equal scores and no promise", async () => {
  const world = makeWorld();
  seeNodes(world, "n1", "n2");
  const scores = await prioritize(world, podWith("web", []), ["n1", "n2"]);
  expect(scores).toEqual([
    { Host: "n1", Score: 0 },
    { Host: "n2", Score: 0 },
  ]);
  expect(world.extender.promises()).toBe(0);
});
