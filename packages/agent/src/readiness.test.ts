import { minutes, seconds, VirtualClock } from "@stowage/clock";
import { expect, test } from "vitest";
import { Readiness } from "./readiness.ts";

test("an agent is ready once every group was reported on, and for as long as it goes on", async () => {
  const clock = new VirtualClock();
  const readiness = new Readiness(clock, seconds(60));
  expect(readiness.whyNot([])).toMatch(/API server/);
  readiness.watching();
  expect(readiness.whyNot([])).toBeUndefined();
  expect(readiness.whyNot(["n1.fast"])).toMatch(/not reported on yet/);
  readiness.reported("n1.fast");
  await clock.advance(minutes(3));
  expect(readiness.whyNot(["n1.fast"])).toBeUndefined();
  await clock.advance(seconds(1));
  expect(readiness.whyNot(["n1.fast"])).toMatch(/181 s ago/);
  readiness.forget("n1.fast");
  expect(readiness.whyNot([])).toBeUndefined();
});
