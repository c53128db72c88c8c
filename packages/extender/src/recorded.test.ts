import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { gib } from "@stowage/capacity";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FilterResult, HostPriority } from "./answers.ts";
import type { World } from "./testing/harness.ts";
import { makeWorld, see } from "./testing/harness.ts";
import { agentPod, claim, node, storage, storageClass } from "./testing/objects.ts";

/*
 * Calls as kube-scheduler 1.36.3 sent them, byte for byte, each pod once with names and once with
 * whole Nodes: a pod without claims, with one, with two, and with an ephemeral volume.
 */
const recorded = readFileSync(new URL("testing/recorded-calls.ndjson", import.meta.url), "utf8")
  .trim()
  .split("\n");

type Wire = {
  readonly Pod: { readonly metadata: { readonly name: string } };
  readonly Nodes: { readonly items: readonly Named[] } | null;
  readonly NodeNames: readonly string[] | null;
};
type Named = { readonly metadata: { readonly name: string } };

const parsed = (body: string): Wire => JSON.parse(body) as Wire;

const titleOf = (body: string): string => {
  const { Pod, Nodes } = parsed(body);
  return `${Pod.metadata.name} with ${Nodes === null ? "names" : "Nodes"}`;
};

/** The cluster in which the calls were recorded, with room on n1 only. */
const recordedWorld = (): World => {
  const world = makeWorld();
  see(world, {
    classes: [storageClass({ name: "recorded", volumeGroup: "recorded" })],
    nodes: [node("n1"), node("n2")],
    agents: [agentPod("n1"), agentPod("n2")],
    storages: [
      storage({ node: "n1", volumeGroup: "recorded", allocatable: gib(4) }),
      storage({ node: "n2", volumeGroup: "recorded", allocatable: gib(0.5) }),
    ],
    claims: ["one", "left", "right"].map((name) => {
      const made = claim({ name, size: gib(1), storageClass: "recorded" });
      return Object.assign(made, { metadata: { ...made.metadata, namespace: "recorded" } });
    }),
  });
  return world;
};

const headers = { "content-type": "application/json" };

const asked = ({ Nodes, NodeNames }: Wire): readonly string[] =>
  NodeNames ?? (Nodes?.items ?? []).map(({ metadata }) => metadata.name);

const ask = async (world: World, url: string, payload: string | Buffer) =>
  world.app.inject({ method: "POST", url, payload, headers });

test.for(recorded.map((body) => ({ title: titleOf(body), body })))(
  "$title: the recorded call is answered in its form, with n1 alone where room is needed",
  async ({ body }) => {
    const call = parsed(body);
    const world = recordedWorld();
    const answer = (await ask(world, "/filter", body)).json<FilterResult>();
    const plain = call.Pod.metadata.name === "plain";
    const passed = plain ? asked(call) : ["n1"];
    expect(answer.NodeNames).toEqual(call.NodeNames === null ? null : passed);
    expect(answer.Nodes).toEqual(
      call.Nodes === null
        ? null
        : {
            ...call.Nodes,
            items: call.Nodes.items.filter(({ metadata }) => passed.includes(metadata.name)),
          },
    );
    expect(Object.keys(answer.FailedAndUnresolvableNodes)).toEqual(plain ? [] : ["n2"]);
    const scores = (await ask(world, "/prioritize", body)).json<HostPriority[]>();
    expect(scores.map(({ Host }) => Host)).toEqual(asked(call));
    expect(scores.find(({ Host }) => Host === "n1")?.Score).toBe(plain ? 0 : 10);
    const zipped = await world.app.inject({
      method: "POST",
      url: "/filter",
      payload: gzipSync(body),
      headers: { ...headers, "content-encoding": "gzip" },
    });
    expect(zipped.json()).toEqual(answer);
  },
);

/** Text with a piece cut out, doubled, replaced or put elsewhere. */
const mangled = fc
  .record({
    body: fc.constantFrom(...recorded),
    from: fc.nat(12_000),
    length: fc.integer({ min: 0, max: 60 }),
    piece: fc.oneof(
      fc.constantFrom("", "null", "{}", "[]", '"', "\\", "\u0000", ",", "}", "]", "1e999", '"n1"'),
      fc.string({ unit: "binary", maxLength: 8 }),
    ),
    end: fc.option(fc.nat(12_000)),
  })
  .map(({ body, from, length, piece, end }) => {
    const at = from % body.length;
    const changed = body.slice(0, at) + piece + body.slice(at + length);
    return end === null ? changed : changed.slice(0, end % changed.length);
  });

/** JSON that is still JSON: any value in it replaced by any other. */
const replaced = fc
  .record({
    body: fc.constantFrom(...recorded),
    target: fc.nat(400),
    value: fc.jsonValue({ maxDepth: 2 }),
  })
  .map(({ body, target, value }) => {
    let left = target;
    return JSON.stringify(parsed(body), (_key, old: unknown) => {
      left -= 1;
      return left === 0 ? value : old;
    });
  });

test("variants of recorded calls never get a 500, and what is answered keeps the protocol's laws", async () => {
  const world = recordedWorld();
  await fc.assert(
    fc.asyncProperty(fc.oneof(mangled, replaced), async (body) => {
      const first = await ask(world, "/filter", body);
      expect([200, 400]).toContain(first.statusCode);
      expect(first.json<{ Error?: string }>()).toHaveProperty("Error");
      if (first.statusCode !== 200) return;
      const call = parsed(body);
      const byKey = new Map(Object.entries(call).map(([key, value]) => [key.toLowerCase(), value]));
      const names = (byKey.get("nodenames") ?? undefined) as readonly string[] | undefined;
      const nodes = (byKey.get("nodes") ?? undefined) as { items?: Named[] } | undefined;
      const all = names ?? (nodes?.items ?? []).map(({ metadata }) => metadata.name);
      const answer = first.json<FilterResult>();
      const returned =
        answer.NodeNames ??
        (answer.Nodes as { items: Named[] }).items.map(({ metadata }) => metadata.name);
      const failed = Object.entries(answer.FailedAndUnresolvableNodes);
      expect(new Set([...returned, ...failed.map(([name]) => name)])).toEqual(new Set(all));
      expect(failed.every(([name, words]) => words !== "" && !returned.includes(name))).toBe(true);
      expect((await ask(world, "/filter", body)).json()).toEqual(answer);
    }),
    { numRuns: 1500 },
  );
}, 60_000);
