import fc from "fast-check";
import { expect, test } from "vitest";
import type { FilterResult } from "./answers.ts";
import { post } from "./testing/harness.ts";
import { ephemeralVolume, podWith } from "./testing/objects.ts";
import { plain, twoNodesOneFull, web } from "./testing/two-nodes.ts";

/* What holds for any input. */

const json = { "content-type": "application/json" };
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
