import { gib, mib } from "@stowage/capacity";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cachedClaims, storageOf } from "./cached.ts";
import type { Explanation } from "./explain.ts";
import type { World } from "./testing/harness.ts";
import { filter, makeWorld, prioritize, see, seeNodes } from "./testing/harness.ts";
import { agentPod, claim, node, podWith, storage, storageClass } from "./testing/objects.ts";

const names = Array.from({ length: 6 }, (_, index) => `n${index}`);

const anyGroup = fc.record({
  exists: fc.integer({ min: 0, max: 9 }).map((die) => die > 0),
  allocatable: fc.integer({ min: 0, max: 12 }).map((count) => gib(count)),
  used: fc.integer({ min: 0, max: 4 }),
  own: fc.constantFrom("none", "none", "entry", "tombstone"),
  cordoned: fc.integer({ min: 0, max: 9 }).map((die) => die === 0),
  ready: fc.constantFrom("True" as const, "True" as const, "True" as const, "False" as const),
});

const anyNode = fc.record({
  agent: fc.constantFrom("True" as const, "True" as const, "True" as const, "False" as const),
  zone: fc.constantFrom("east", "west"),
  fast: anyGroup,
  slow: anyGroup,
});
type AnyNode = typeof anyNode extends fc.Arbitrary<infer One> ? One : never;

/** What the informers tell of a node when it has come to be as `one` says. */
const seeNode = (world: World, name: string, one: AnyNode): void => {
  see(world, {
    nodes: [node(name, { zone: one.zone })],
    agents: [agentPod(name, one.agent)],
  });
  for (const volumeGroup of ["fast", "slow"] as const) {
    const { exists, allocatable, used, own, cordoned, ready } = one[volumeGroup];
    if (!exists) {
      const object = storageOf(storage({ node: name, volumeGroup }));
      world.cluster.seeStorage({ kind: "gone", object });
      continue;
    }
    const uid = volumeGroup === "fast" ? "uid-c0" : "uid-c2";
    const volumes = Array.from({ length: used }, (_, at) => ({
      uid: `${name}-${volumeGroup}-${at}`,
      size: gib(1),
    }));
    const entry = { uid, size: gib(1) };
    see(world, {
      storages: [
        storage({
          node: name,
          volumeGroup,
          allocatable,
          cordoned,
          ready,
          volumes:
            own === "none"
              ? volumes
              : [...volumes, own === "entry" ? entry : { ...entry, delete: true }],
        }),
      ],
    });
  }
};

test("what is decided from numbers alone is what is decided node by node, in the same words", async () => {
  await fc.assert(
    fc.asyncProperty(
      // One after another: numbers that were there before a change must not outlast it.
      fc.array(fc.array(anyNode, { minLength: names.length, maxLength: names.length }), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.array(fc.integer({ min: 1, max: 6000 }), { minLength: 3, maxLength: 3 }),
      fc.constantFrom(undefined, ["east"]),
      fc.constantFrom(undefined, ...names),
      async (states, sizes, zones, selectedNode) => {
        const world = makeWorld();
        see(world, {
          classes: [
            storageClass(zones === undefined ? {} : { zones }),
            storageClass({ name: "slow", volumeGroup: "slow" }),
          ],
          claims: [
            ...sizes.map((size, index) =>
              claim({
                name: `c${index}`,
                size: mib(size),
                storageClass: index < 2 ? "fast" : "slow",
              }),
            ),
            claim({
              name: "other",
              size: gib(2),
              ...(selectedNode === undefined ? {} : { selectedNode }),
            }),
          ],
        });
        const pod = podWith("web", ["c0", "c1", "c2"]);
        world.pods.set("shop/web", pod);
        for (const nodes of states) {
          for (const [index, one] of nodes.entries()) seeNode(world, names[index] ?? "", one);
          // Twice: numbers are there only after the first look.
          for (let look = 0; look < 2; look += 1) {
            const answer = await filter(world, pod, names);
            const explained = (await world.app.inject("/explain?pod=shop/web")).json<Explanation>();
            expect(answer.FailedAndUnresolvableNodes).toEqual(
              Object.fromEntries(
                explained.nodes
                  .filter(({ verdict }) => verdict === "refused")
                  .map(({ node: name, reason }) => [name, reason]),
              ),
            );
          }
        }
        await world.app.close();
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);

test.for([
  {
    count: 10,
    words: [
      "needs 3 GiB in fast, 1 GiB free of 1 GiB (0 B booked)",
      "needs 3 GiB in fast, 2 GiB free of 2 GiB (0 B booked)",
    ],
  },
  { count: 11, words: ["needs 3 GiB in fast, at most 2 GiB free"] },
])("of $count nodes without room the event says $words", async ({ count, words }) => {
  for (const zones of [undefined, ["east"]]) {
    const world = makeWorld();
    const small = Array.from({ length: count }, (_, index) => `n${index}`);
    seeNodes(world, ...small, "large");
    see(world, {
      classes: [storageClass(zones === undefined ? {} : { zones })],
      nodes: [...small, "large"].map((name) => node(name, { zone: "east" })),
      storages: small.map((name, index) =>
        storage({ node: name, allocatable: gib(1 + (index % 2)) }),
      ),
      claims: [claim({ name: "a" })],
    });
    const answer = await filter(world, podWith("web", ["a"]), [...small, "large"]);
    expect(answer.NodeNames).toEqual(["large"]);
    expect(Object.keys(answer.FailedAndUnresolvableNodes)).toEqual(small);
    expect(new Set(Object.values(answer.FailedAndUnresolvableNodes))).toEqual(new Set(words));
    expect((await world.app.inject("/metrics")).body).toContain(
      `stowage_extender_refusals_total{code="no_room"} ${count}`,
    );
  }
});

test("a claim of a size that cannot be counted is refused everywhere, not passed over", async () => {
  const world = makeWorld();
  seeNodes(world, "n1");
  const made = cachedClaims.parse({
    metadata: { namespace: "shop", name: "a", uid: "uid-a" },
    spec: { storageClassName: "fast", resources: { requests: { storage: "9Pi" } } },
  });
  world.cluster.seeClaim({ kind: "seen", object: made });
  const { FailedAndUnresolvableNodes } = await filter(world, podWith("web", ["a"]), ["n1"]);
  expect(FailedAndUnresolvableNodes["n1"]).toMatch(
    /^claim shop\/a cannot be read: .*"9Pi" is larger than the 8 PiB that Stowage can count/,
  );
});

test.for([
  { setting: "spread" as const, placement: "binpack", best: "n2" },
  { setting: "binpack" as const, placement: "spread", best: "n1" },
  { setting: "binpack" as const, placement: undefined, best: "n2" },
])(
  "with the setting $setting a class that says $placement prefers $best",
  async ({ setting, placement, best }) => {
    const world = makeWorld({ strategy: setting });
    seeNodes(world, "n1", "n2");
    see(world, {
      storages: [storage({ node: "n2", volumes: [{ uid: "x", size: gib(5) }] })],
      classes: [
        storageClass({
          parameters: { volumeGroup: "fast", ...(placement === undefined ? {} : { placement }) },
        }),
      ],
      claims: [claim({ name: "a" })],
    });
    const scores = await prioritize(world, podWith("web", ["a"]), ["n1", "n2"]);
    expect(scores.find(({ Score }) => Score === 10)?.Host).toBe(best);
  },
);

test("claims that are larger together than can be counted fit nowhere, and that is said", async () => {
  const world = makeWorld();
  seeNodes(world, "n1");
  see(world, {
    claims: ["a", "b"].map((name) => claim({ name, size: gib(5 * 1024 * 1024) })),
  });
  world.cluster.seeClaim({
    kind: "seen",
    object: cachedClaims.parse({
      metadata: { namespace: "shop", name: "c", uid: "uid-c" },
      spec: {
        storageClassName: "fast",
        resources: { requests: { storage: `${Number.MAX_SAFE_INTEGER}` } },
      },
    }),
  });
  for (const claims of [["a", "b"], ["c"], ["a", "b", "c"]]) {
    const { FailedAndUnresolvableNodes } = await filter(world, podWith("web", claims), ["n1"]);
    expect(FailedAndUnresolvableNodes["n1"]).toMatch(/^needs 8 PiB in fast/);
  }
});
