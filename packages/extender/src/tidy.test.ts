import { seconds, VirtualClock } from "@stowage/clock";
import { expect, test } from "vitest";
import type { Freshness } from "./freshness.ts";
import { keepTidy } from "./tidy.ts";

test("garbage is collected when the caches are filled, and once when it is quiet after calls", async () => {
  const clock = new VirtualClock();
  const stopping = new AbortController();
  let state: Freshness = { kind: "syncing", waitingFor: ["nodes"] };
  let calls = 0;
  let collected = 0;
  const ended = keepTidy({
    clock,
    freshness: () => state,
    calls: () => calls,
    collect: async () => {
      collected += 1;
    },
    signal: stopping.signal,
  }).catch((error: unknown) => error);
  await clock.advance(seconds(5));
  expect(collected).toBe(0);
  state = { kind: "live" };
  await clock.advance(seconds(60));
  expect(collected).toBe(1);
  for (let count = 0; count < 30; count += 1) {
    calls += 1;
    await clock.advance(seconds(1));
  }
  expect(collected).toBe(1);
  await clock.advance(seconds(60));
  expect(collected).toBe(2);
  stopping.abort(new Error("stopped"));
  await clock.advance(seconds(5));
  expect(await ended).toEqual(new Error("stopped"));
});
