import { seconds, VirtualClock } from "@stowage/clock";
import { expect, test } from "vitest";
import { tidyOnceFilled } from "./fill.ts";
import type { Freshness } from "./freshness.ts";

test("garbage is collected once, when the caches are filled", async () => {
  const clock = new VirtualClock();
  let state: Freshness = { kind: "syncing", waitingFor: ["nodes"] };
  let collected = 0;
  const done = tidyOnceFilled({
    clock,
    freshness: () => state,
    collect: async () => {
      collected += 1;
    },
    signal: new AbortController().signal,
  });
  await clock.advance(seconds(5));
  expect(collected).toBe(0);
  state = { kind: "live" };
  await clock.advance(seconds(5));
  await done;
  expect(collected).toBe(1);
});
