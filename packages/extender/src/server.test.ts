import { gzipSync } from "node:zlib";
import { bytes, gib, mib } from "@stowage/capacity";
import { seconds } from "@stowage/clock";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Explanation } from "./explain.ts";
import type { Freshness } from "./freshness.ts";
import type { FilterResult } from "./answers.ts";
import { filter, makeWorld, post, prioritize, see, seeNodes } from "./testing/harness.ts";
import { claim, ephemeralVolume, podWith, storage } from "./testing/objects.ts";

const plain = { metadata: { name: "plain", namespace: "shop", uid: "u" }, spec: {} };
const json = { "content-type": "application/json" };

const twoNodesOneFull = (): ReturnType<typeof makeWorld> => {
  const world = makeWorld();
  seeNodes(world, "n1", "n2");
  see(world, {
    storages: [storage({ node: "n2", volumes: [{ uid: "x", size: gib(9) }] })],
    claims: [claim({ name: "a" })],
  });
  return world;
};
const web = podWith("web", ["a"]);
const words = "needs 3 GiB in fast, 1 GiB free of 10 GiB (9 GiB booked)";

test.for([
  { Pod: web, Nodes: null, NodeNames: ["n1", "n2"] },
  { pod: web, nodes: null, nodenames: ["n1", "n2"] },
  { POD: web, nodeNames: ["n1", "n2"], Unknown: { of: "later" } },
])("names are answered with names, whatever the casing: %j", async (args) => {
  const answer = await post(twoNodesOneFull(), "/filter", args);
  expect(answer.json()).toEqual({
    Nodes: null,
    NodeNames: ["n1"],
    FailedNodes: {},
    FailedAndUnresolvableNodes: { n2: words },
    Error: "",
  });
});

test("Nodes are answered with the same Nodes, untouched", async () => {
  const items = ["n1", "n2"].map((name) => ({
    metadata: { name },
    status: { any: ["thing", null] },
  }));
  const list = { kind: "NodeList", metadata: { resourceVersion: "7" }, items };
  const answer = await post(twoNodesOneFull(), "/filter", {
    Pod: web,
    Nodes: list,
    NodeNames: null,
  });
  expect(answer.json()).toEqual({
    Nodes: { ...list, items: items.slice(0, 1) },
    NodeNames: null,
    FailedNodes: {},
    FailedAndUnresolvableNodes: { n2: words },
    Error: "",
  });
});

test.for([
  { args: { Nodes: null, NodeNames: null }, expected: { Nodes: null, NodeNames: [] } },
  { args: {}, expected: { Nodes: null, NodeNames: [] } },
  { args: { NodeNames: [] }, expected: { Nodes: null, NodeNames: [] } },
  { args: { Nodes: { items: null } }, expected: { Nodes: { items: [] }, NodeNames: null } },
  { args: { Nodes: {} }, expected: { Nodes: { items: [] }, NodeNames: null } },
])("empty and missing lists are answered with empty ones: $args", async ({ args, expected }) => {
  for (const Pod of [web, plain]) {
    const answer = await post(twoNodesOneFull(), "/filter", { Pod, ...args });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ ...expected, FailedAndUnresolvableNodes: {} });
    expect((await post(twoNodesOneFull(), "/prioritize", { Pod, ...args })).json()).toEqual([]);
  }
});

test("a call about no node is answered after one about many", async () => {
  const world = twoNodesOneFull();
  const names = Array.from({ length: 50 }, (_, index) => `a-longer-name-${index}`);
  await filter(world, plain, names);
  expect((await filter(world, plain, [])).NodeNames).toEqual([]);
});

test.for([
  { what: "no JSON", payload: "{", words: "JSON" },
  { what: "nothing", payload: "", words: "empty" },
  { what: "a list", payload: "[]", words: "must be a JSON object" },
  { what: "null", payload: "null", words: "must be a JSON object" },
  { what: "no Pod", payload: "{}", words: "Pod is missing" },
  { what: "a Pod that is a text", payload: '{"Pod":"x"}', words: "Pod is missing" },
  { what: "a Pod without a name", payload: '{"Pod":{"metadata":{}}}', words: "metadata.name" },
  {
    what: "a volume that is a number",
    payload: '{"Pod":{"metadata":{"name":"x"},"spec":{"volumes":[1]}}}',
    words: "spec.volumes.0",
  },
  {
    what: "names that are numbers",
    payload: '{"Pod":{"metadata":{"name":"x"}},"NodeNames":[1]}',
    words: "NodeNames",
  },
  {
    what: "Nodes that are a list",
    payload: '{"Pod":{"metadata":{"name":"x"}},"Nodes":[]}',
    words: "NodeList",
  },
  {
    what: "a Node without a name",
    payload: '{"Pod":{"metadata":{"name":"x"}},"Nodes":{"items":[{}]}}',
    words: "items.0.metadata.name",
  },
])("$what is refused in words", async ({ payload, words: expected }) => {
  const { app } = makeWorld();
  for (const url of ["/filter", "/prioritize"]) {
    const answer = await app.inject({ method: "POST", url, payload, headers: json });
    expect(answer.statusCode).toBe(400);
    expect(answer.json<{ Error: string }>().Error).toContain(expected);
  }
});

test("a body nested deeper than Go reads is refused in words", async () => {
  const deep = `${'{"a":['.repeat(20_000)}1${"]}".repeat(20_000)}`;
  const payload = `{"Pod":${JSON.stringify(plain)},"Nodes":{"items":[{"metadata":{"name":"n1"},"x":${deep}}]}}`;
  const { app } = makeWorld();
  const answer = await app.inject({ method: "POST", url: "/filter", payload, headers: json });
  expect(answer.statusCode).toBe(400);
  expect(answer.json<{ Error: string }>().Error).toContain("nested more than 10000 levels");
});

test.for([
  { size: 1024, code: 200 },
  { size: 1025, code: 413 },
])(
  "a body of $size bytes where 1024 are allowed is answered with $code",
  async ({ size, code }) => {
    const { app } = makeWorld({ bodyLimit: bytes(1024) });
    const payload = JSON.stringify({ Pod: plain }).padEnd(size);
    const whole = await app.inject({ method: "POST", url: "/filter", payload, headers: json });
    expect(whole.statusCode).toBe(code);
    const zipped = await app.inject({
      method: "POST",
      url: "/filter",
      payload: gzipSync(payload),
      headers: { ...json, "content-encoding": "gzip" },
    });
    expect(zipped.statusCode).toBe(code);
  },
);

test("a body that is not gzip'd as it says is refused in words", async () => {
  const answer = await makeWorld().app.inject({
    method: "POST",
    url: "/filter",
    payload: "{}",
    headers: { ...json, "content-encoding": "gzip" },
  });
  expect(answer.statusCode).toBe(400);
});

const known = ["n1", "n2", "n3", "__proto__", "constructor", "toString"];

test("every node asked about is either returned or has a reason, and asking again changes nothing", async () => {
  const world = twoNodesOneFull();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constantFrom(...known), fc.string()), { maxLength: 8 }),
      fc.constantFrom(
        web,
        plain,
        podWith("lost", ["none"]),
        podWith("e", [], [ephemeralVolume("v")]),
      ),
      fc.constantFrom("names", "nodes"),
      async (names, Pod, form) => {
        const items = names.map((name) => ({ metadata: { name } }));
        const args = form === "names" ? { Pod, NodeNames: names } : { Pod, Nodes: { items } };
        const ask = async (): Promise<FilterResult> => (await post(world, "/filter", args)).json();
        const answer = await ask();
        const returned =
          answer.NodeNames ??
          (answer.Nodes as { items: { metadata: { name: string } }[] }).items.map(
            ({ metadata }) => metadata.name,
          );
        const failed = Object.keys(answer.FailedAndUnresolvableNodes);
        expect(returned.filter((name) => failed.includes(name))).toEqual([]);
        expect(new Set([...returned, ...failed])).toEqual(new Set(names));
        expect(Object.values(answer.FailedAndUnresolvableNodes)).not.toContain("");
        expect(await ask()).toEqual(answer);
        const scores = (await post(world, "/prioritize", args)).json<
          { Host: string; Score: number }[]
        >();
        expect(scores.map(({ Host }) => Host)).toEqual(names);
        expect(
          scores.every(({ Score }) => Number.isInteger(Score) && Score >= 0 && Score <= 10),
        ).toBe(true);
        expect(await ask()).toEqual(answer);
      },
    ),
  );
});

const hostile = fc.oneof(
  fc.json(),
  fc
    .record(
      {
        Pod: fc.oneof(
          fc.anything(),
          fc.record({
            metadata: fc.oneof(fc.anything(), fc.record({ name: fc.string(), uid: fc.anything() })),
            spec: fc.oneof(
              fc.anything(),
              fc.record({
                volumes: fc.array(
                  fc.oneof(
                    fc.anything(),
                    fc.constant(ephemeralVolume("v", { size: "-1" })),
                    fc.record({ name: fc.string(), ephemeral: fc.anything() }),
                  ),
                ),
              }),
            ),
          }),
        ),
        Nodes: fc.oneof(fc.anything(), fc.record({ items: fc.array(fc.anything()) })),
        NodeNames: fc.oneof(fc.anything(), fc.array(fc.anything())),
      },
      { requiredKeys: [] },
    )
    .map((args) =>
      JSON.stringify(args, (_key, value: unknown) =>
        typeof value === "bigint" ? `${value}` : value,
      ),
    ),
);

test("no body at all is answered with a 500", async () => {
  const { app } = twoNodesOneFull();
  await fc.assert(
    fc.asyncProperty(hostile, fc.constantFrom("/filter", "/prioritize"), async (payload, url) => {
      const answer = await app.inject({ method: "POST", url, payload, headers: json });
      expect(answer.statusCode).toBeLessThan(500);
    }),
    { numRuns: 500 },
  );
});

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
