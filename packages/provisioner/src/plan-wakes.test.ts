import { gib, noBytes } from "@stowage/capacity";
import type { Group } from "@stowage/capacity";
import { groupOf } from "@stowage/api";
import type { Moment } from "@stowage/clock";
import { later, seconds } from "@stowage/clock";
import { expect, test } from "vitest";
import type { Lingering, WaitingClaim } from "./plan-wakes.ts";
import { planWakes } from "./plan-wakes.ts";
import { groupWith } from "./testing/objects.ts";

const start = 1_000_000 as Moment;
/** 10 GiB, all of it free. */
const roomy: Group = groupOf(groupWith({}));

const waiting = (size: number, lingering?: Lingering): WaitingClaim => ({
  request: gib(size),
  lingering,
});

/** At which seconds pods are woken in the first ten minutes, if nothing else happens. */
const wakesOf = (group: Group | undefined, claims: readonly WaitingClaim[]): number[] => {
  const woken: number[] = [];
  let now = start;
  let known = claims;
  while (now < later(start, seconds(600))) {
    const plan = planWakes(known, group, now, "none");
    if (plan.wake === "now") woken.push((now - start) / 1000);
    known = known.map(({ request }, index) => ({ request, lingering: plan.lingering[index] }));
    expect(plan.after).toBeGreaterThanOrEqual(seconds(5));
    now = later(now, plan.after);
  }
  return woken;
};

test("a pod that nobody places although there is room is woken at growing intervals, then left to the scheduler", () => {
  expect(wakesOf(roomy, [waiting(10)])).toEqual([5, 15, 35, 75, 155]);
});

test("many pods are woken together", () => {
  expect(wakesOf(roomy, [waiting(1), waiting(2), waiting(11)])).toEqual([5, 15, 35, 75, 155]);
});

test("a pod for which there is no room is not woken: more room wakes it by itself", () => {
  expect(wakesOf(roomy, [waiting(11)])).toEqual([]);
  expect(wakesOf(undefined, [waiting(1)])).toEqual([]);
  expect(wakesOf({ ...roomy, allocatable: noBytes }, [waiting(1)])).toEqual([]);
});

test("when there is room again after there was none, the intervals begin anew", () => {
  const tired: Lingering = { since: start, wakes: 5 };
  const now = later(start, seconds(400));
  expect(planWakes([waiting(1, tired)], roomy, now, "none").wake).toBe("not_now");
  const { lingering } = planWakes([waiting(1, tired)], undefined, now, "none");
  expect(lingering).toEqual([undefined]);
  expect(planWakes([waiting(1)], roomy, now, "none").lingering).toEqual([{ since: now, wakes: 0 }]);
});

test("when a group can be used again, those who fit into it are woken at once", () => {
  expect(planWakes([waiting(1)], roomy, start, "usable_again").wake).toBe("now");
  expect(planWakes([waiting(11)], roomy, start, "usable_again").wake).toBe("not_now");
  expect(planWakes([], roomy, start, "usable_again").wake).toBe("not_now");
});
