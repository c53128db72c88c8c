import { gib, mib } from "@stowage/capacity";
import { seconds } from "@stowage/clock";
import { expect, test } from "vitest";
import type { Explanation } from "./explain.ts";
import type { Freshness } from "./freshness.ts";
import { filter, makeWorld, post, prioritize, see } from "./testing/harness.ts";
import { claim, podWith, storage } from "./testing/objects.ts";
import { plain, twoNodesOneFull, web, words } from "./testing/two-nodes.ts";

test.for<{ freshness: Freshness; ours: number; foreign: number; ready: number }>([
  { freshness: { kind: "live" }, ours: 200, foreign: 200, ready: 200 },
  {
    freshness: { kind: "syncing", waitingFor: ["nodes"] },
    ours: 503,
    foreign: 503,
    ready: 503,
  },
  {
    freshness: { kind: "stale", what: "nodes", why: "refused", age: seconds(60) },
    ours: 200,
    foreign: 200,
    ready: 200,
  },
  {
    freshness: { kind: "stale", what: "nodes", why: "refused", age: seconds(61) },
    ours: 503,
    foreign: 200,
    ready: 503,
  },
])(
  "with caches that are $freshness a pod with our claims gets $ours, one with others' $foreign",
  async ({ freshness, ours, foreign, ready }) => {
    const world = twoNodesOneFull();
    world.freshness = freshness;
    const NodeNames = ["n1", "n2"];
    const status = async (Pod: object) =>
      (await post(world, "/filter", { Pod, NodeNames })).statusCode;
    expect(await status(web)).toBe(ours);
    expect(await status(podWith("other", ["unknown"]))).toBe(foreign);
    expect(await status(plain)).toBe(200);
    expect((await world.app.inject("/readyz")).statusCode).toBe(ready);
    expect((await world.app.inject("/healthz")).statusCode).toBe(200);
  },
);

test("a 503 says what is missing and where to look", async () => {
  const world = twoNodesOneFull();
  world.freshness = { kind: "stale", what: "nodes", why: "connection refused", age: seconds(75) };
  expect((await world.app.inject("/readyz")).json()).toEqual({
    Error:
      "the cache of nodes is 75 s old, more than the 60 s allowed: connection refused; check the extender's access to the API server",
  });
});

test("/explain shows the numbers behind a refusal", async () => {
  const world = twoNodesOneFull();
  see(world, {
    storages: [storage({ node: "n2", volumes: [{ uid: "x", size: gib(7) }] })],
    claims: [claim({ name: "b", size: gib(2), selectedNode: "n2" })],
  });
  world.pods.set("shop/web", web);
  const answer = await world.app.inject("/explain?pod=shop/web");
  const { demand, nodes } = answer.json<Explanation>();
  expect(demand).toBe("wanted");
  expect(nodes[1]).toEqual({
    node: "n2",
    verdict: "refused",
    code: "no_room",
    reason: words,
    agent: "ready",
    groups: [
      {
        volumeGroup: "fast",
        exists: true,
        state: { kind: "ready" },
        extentSize: mib(4),
        size: gib(10),
        allocatable: gib(10),
        reserved: { volumes: 1, size: gib(7) },
        held: [{ claim: "shop/b", why: "selected", size: gib(2) }],
        free: gib(1),
        needs: [{ claim: "shop/a", storageClass: "fast", size: gib(3), takes: gib(3) }],
      },
    ],
  });
  expect(world.extender.promises()).toBe(0);
});

test.for([
  { url: "/explain", code: 400, words: "/explain?pod=namespace/name" },
  { url: "/explain?pod=web", code: 400, words: "/explain?pod=namespace/name" },
  { url: "/explain?pod=shop/none", code: 404, words: "no pod shop/none" },
  { url: "/filter", code: 404, words: "POST /filter" },
])("GET $url is answered with $code and words", async ({ url, code, words: expected }) => {
  const answer = await makeWorld().app.inject(url);
  expect(answer.statusCode).toBe(code);
  expect(answer.json<{ Error: string }>().Error).toContain(expected);
});

test("/metrics counts nodes, refusals, promises and requests", async () => {
  const world = twoNodesOneFull();
  await filter(world, web, ["n1", "n2"]);
  await prioritize(world, plain, ["n1"]);
  const text = (await world.app.inject("/metrics")).body;
  for (const line of [
    'stowage_extender_nodes_total{outcome="passed"} 1',
    'stowage_extender_nodes_total{outcome="refused"} 1',
    'stowage_extender_refusals_total{code="no_room"} 1',
    "stowage_extender_promises 1",
    "stowage_extender_cache_age_seconds 0",
    "stowage_extender_ready 1",
    'stowage_extender_request_duration_seconds_count{verb="/filter",code="200"} 1',
    'stowage_extender_request_duration_seconds_count{verb="/prioritize",code="200"} 1',
  ]) {
    expect(text).toContain(line);
  }
});
