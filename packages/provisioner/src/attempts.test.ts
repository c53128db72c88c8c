import { seconds, VirtualClock } from "@stowage/clock";
import { expect, test } from "vitest";
import { Attempts } from "./attempts.ts";

test("after the first failure a claim is tried again at once, then with longer and longer pauses", async () => {
  const clock = new VirtualClock();
  const attempts = new Attempts(clock, []);
  const pauses: number[] = [];
  for (let time = 0; time < 8; time += 1) {
    attempts.fail("pvc-a");
    pauses.push(attempts.pauseOf("pvc-a") / 1000);
  }
  expect(pauses).toEqual([0, 1, 2, 4, 8, 16, 30, 30]);
  expect(attempts.pauseOf("pvc-b")).toBe(0);
  await clock.advance(seconds(29));
  expect(attempts.pauseOf("pvc-a")).toBe(1000);
  await clock.advance(seconds(2));
  expect(attempts.pauseOf("pvc-a")).toBe(0);
  attempts.forget("pvc-a");
  attempts.fail("pvc-a");
  expect(attempts.pauseOf("pvc-a")).toBe(0);
});

test("what an earlier leader may have tried counts as tried until it is over", () => {
  const attempts = new Attempts(new VirtualClock(), ["pvc-a"]);
  expect(attempts.mayHaveFailed("pvc-a")).toBe(true);
  expect(attempts.pauseOf("pvc-a")).toBe(0);
  expect(attempts.mayHaveFailed("pvc-b")).toBe(false);
  attempts.fail("pvc-b");
  expect(attempts.mayHaveFailed("pvc-b")).toBe(true);
  for (const volume of ["pvc-a", "pvc-b"]) attempts.forget(volume);
  expect(attempts.mayHaveFailed("pvc-a")).toBe(false);
  expect(attempts.mayHaveFailed("pvc-b")).toBe(false);
});
