import { minutes, seconds, VirtualClock } from "@stowage/clock";
import { expect, test } from "vitest";
import { Readiness } from "./readiness.ts";

const watching = () => {
  const clock = new VirtualClock();
  const readiness = new Readiness(clock, seconds(60));
  expect(readiness.whyNot([])).toMatch(/API server/);
  readiness.watching();
  return { clock, readiness };
};

test("an agent is ready once every group was reported on, and for as long as it goes on", async () => {
  const { clock, readiness } = watching();
  expect(readiness.whyNot([])).toBeUndefined();
  expect(readiness.whyNot(["n1.fast"])).toMatch(/not reported on yet/);
  readiness.reported("n1.fast", "succeeded");
  await clock.advance(minutes(3));
  expect(readiness.whyNot(["n1.fast"])).toBeUndefined();
  await clock.advance(seconds(1));
  expect(readiness.whyNot(["n1.fast"])).toMatch(/181 s ago/);
  readiness.forget("n1.fast");
  expect(readiness.whyNot([])).toBeUndefined();
});

test("an agent that cannot look at the node at all is not ready, from its start or after three minutes", async () => {
  const { clock, readiness } = watching();
  readiness.reported("n1.fast", "failed");
  expect(readiness.whyNot(["n1.fast"])).toMatch(/no look at the node has succeeded yet/);
  readiness.reported("n1.fast", "succeeded");
  for (let minute = 0; minute < 3; minute += 1) {
    await clock.advance(minutes(1));
    readiness.reported("n1.fast", "failed");
    expect(readiness.whyNot(["n1.fast"])).toBeUndefined();
  }
  await clock.advance(seconds(1));
  expect(readiness.whyNot(["n1.fast"])).toMatch(/no look at the node has succeeded for 181 s/);
});

test("one group that cannot be looked at does not keep the others from use", async () => {
  const { clock, readiness } = watching();
  for (let minute = 0; minute < 10; minute += 1) {
    readiness.reported("n1.fast", "failed");
    readiness.reported("n1.other", "succeeded");
    await clock.advance(minutes(1));
  }
  expect(readiness.whyNot(["n1.fast", "n1.other"])).toBeUndefined();
});
