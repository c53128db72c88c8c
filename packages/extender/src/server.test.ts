import { gzipSync } from "node:zlib";
import { bytes } from "@stowage/capacity";
import { expect, test } from "vitest";
import { filter, makeWorld, post } from "./testing/harness.ts";
import { plain, twoNodesOneFull, web, words } from "./testing/two-nodes.ts";

const json = { "content-type": "application/json" };

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
