import { VirtualClock, milliseconds, seconds } from "@stowage/clock";
import { expect, test } from "vitest";
import { waitFor } from "./deadline.ts";
import type { Look } from "./deadline.ts";
import { patiently } from "./patience.ts";

test("a wait ends with what a later look finds", async () => {
  const clock = new VirtualClock();
  let looks = 0;
  const look = async (): Promise<Look<string>> =>
    ++looks < 3 ? { kind: "not yet", why: "it boots" } : { kind: "there", value: "up" };
  const found = waitFor({ clock, what: "the node", limit: seconds(1) }, look);
  await clock.advance(milliseconds(250));
  await expect(found).resolves.toBe("up");
});

test("a wait that runs out says what it waited for, what it last saw and how that is explained", async () => {
  const clock = new VirtualClock();
  const waited = patiently(seconds(2));
  const found = waitFor(
    {
      clock,
      what: "node n1 to boot",
      limit: seconds(2),
      explain: async () => "last lines of a log",
    },
    async () => ({ kind: "not yet", why: "it does not answer" }),
  );
  const [outcome] = await Promise.all([Promise.allSettled([found]), clock.advance(waited)]);
  expect(outcome[0]).toMatchObject({
    reason: {
      code: "timed_out",
      message: `gave up waiting for node n1 to boot after ${waited / 1000} s: it does not answer\nlast lines of a log`,
    },
  });
});
