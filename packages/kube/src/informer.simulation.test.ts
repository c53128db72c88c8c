import { elapsed, milliseconds, minutes, VirtualClock } from "@stowage/clock";
import fc from "fast-check";
import { expect, test } from "vitest";
import { makeClient } from "./client.ts";
import { startInformer } from "./informer.ts";
import { FakeApi } from "./testing/fake-api.ts";
import type { Fault } from "./testing/fault.ts";
import { anyFault } from "./testing/fault-arbitrary.ts";
import { fold } from "./testing/folded.ts";
import { keptLog, seeded, thing, things } from "./testing/things.ts";

type Step =
  | { readonly kind: "put"; readonly name: string; readonly value: string }
  | { readonly kind: "remove"; readonly name: string }
  | { readonly kind: "bookmark" }
  | { readonly kind: "cut" }
  | { readonly kind: "compact" }
  | { readonly kind: "fault"; readonly fault: Fault }
  | { readonly kind: "wait"; readonly span: number };

const name = fc.constantFrom("a", "b", "c", "d", "e", "f", "g");

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("put" as const),
    name,
    value: fc.constantFrom("plain", "Größe", "容量", "💾"),
  }),
  fc.record({ kind: fc.constant("remove" as const), name }),
  fc.record({ kind: fc.constant("bookmark" as const) }),
  fc.record({ kind: fc.constant("compact" as const) }),
  fc.record({ kind: fc.constant("cut" as const) }),
  fc.record({ kind: fc.constant("fault" as const), fault: anyFault }),
  fc.record({
    kind: fc.constant("wait" as const),
    span: fc.constantFrom(0, 1, 900, 5_000, 60_000, 700_000),
  }),
);

test("whatever changes and fails, informer and subscriber end up with what the server has", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyStep, { maxLength: 60, size: "max" }),
      fc.nat(),
      async (steps, seed) => {
        const clock = new VirtualClock();
        const api = new FakeApi(clock);
        const random = seeded(seed);
        const log = keptLog();
        const stop = new AbortController();
        const client = makeClient({ transport: api.transport, clock, random, log });
        const { signal } = stop;
        const informer = startInformer({ client, resource: things, clock, random, log, signal });
        const early = fold(informer);

        for (const step of steps) await take(step, api, clock);
        api.faults.length = 0;
        // The longest that a silent watch is borne with, and the longest backoff.
        await clock.advance(minutes(13));

        const expected = new Map(
          [...api.contents("things")].map(([key, object]) => [key, things.parse(object)]),
        );
        expect(informer.state()).toEqual({ kind: "live" });
        expect(new Map([...informer.list()].map((each) => [each.metadata.name, each]))).toEqual(
          expected,
        );
        for (const { view, broken } of [early, fold(informer)]) {
          expect(broken).toEqual([]);
          expect(view).toEqual(expected);
        }
        expect(closestLists(api)).toBeGreaterThanOrEqual(1000);

        stop.abort();
        await clock.advance(milliseconds(0));
        expect(clock.sleeping).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
}, 60_000);

const take = async (step: Step, api: FakeApi, clock: VirtualClock): Promise<void> => {
  switch (step.kind) {
    case "put":
      api.put("things", thing(step.name, step.value));
      break;
    case "remove":
      api.remove("things", step.name);
      break;
    case "bookmark":
      api.bookmark("things");
      break;
    case "cut":
      api.cut();
      break;
    case "compact":
      api.compact();
      break;
    case "fault":
      api.faults.push(step.fault);
      break;
    case "wait":
      await clock.advance(milliseconds(step.span));
      break;
  }
};

/** The shortest time in milliseconds between two lists that began. */
const closestLists = ({ requests }: FakeApi): number => {
  const lists = requests.filter(({ path }) => !/[?&](watch|continue)=/.test(path));
  const gaps = lists.slice(1).map(({ at }, index) => elapsed(lists[index]?.at ?? at, at));
  return Math.min(...gaps, Number.POSITIVE_INFINITY);
};
