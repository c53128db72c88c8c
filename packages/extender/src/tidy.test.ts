import { seconds, VirtualClock } from "@stowage/clock";
import { expect, test } from "vitest";
import type { Freshness } from "./freshness.ts";
import { keepTidy } from "./tidy.ts";

test("garbage is collected when the caches are filled, and once when it is quiet after calls, whose buffers go first", async () => {
  const clock = new VirtualClock();
  const stopping = new AbortController();
  let state: Freshness = { kind: "syncing", waitingFor: ["nodes"] };
  const happened: string[] = [];
  const buffers = { taken: 0, release: () => void happened.push("released") };
  const ended = keepTidy({
    clock,
    freshness: () => state,
    buffers,
    collect: async () => void happened.push("collected"),
    signal: stopping.signal,
  }).catch((error: unknown) => error);
  await clock.advance(seconds(5));
  expect(happened).toEqual([]);
  state = { kind: "live" };
  await clock.advance(seconds(60));
  expect(happened.splice(0)).toEqual(["released", "collected"]);
  for (let count = 0; count < 30; count += 1) {
    buffers.taken += 1;
    await clock.advance(seconds(1));
  }
  expect(happened).toEqual([]);
  await clock.advance(seconds(60));
  expect(happened).toEqual(["released", "collected"]);
  stopping.abort(new Error("stopped"));
  await clock.advance(seconds(5));
  expect(await ended).toEqual(new Error("stopped"));
});
