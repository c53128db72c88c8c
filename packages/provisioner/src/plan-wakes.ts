import type { Bytes, Group } from "@stowage/capacity";
import { fit } from "@stowage/capacity";
import type { Moment, Milliseconds } from "@stowage/clock";
import { elapsed, later, milliseconds, minutes, seconds } from "@stowage/clock";

/**
 * A claim whose pod nobody places. `lingering`: since when there is room for it all the same, and how
 * often its pod was woken since; undefined while there is none.
 */
export type WaitingClaim = {
  readonly request: Bytes;
  readonly lingering: Lingering | undefined;
};

export type Lingering = { readonly since: Moment; readonly wakes: number };

export type WakePlan = {
  readonly wake: "now" | "not_now";
  /** What is to be remembered of each claim, in the order in which they were given. */
  readonly lingering: readonly (Lingering | undefined)[];
  /** When to look again. */
  readonly after: Milliseconds;
};

/** As long as the extender holds room for a pod that was not bound. */
export const firstWait: Milliseconds = seconds(5);

/** Room comes and goes while pods wait: whether there is some is looked at this often. */
const lookPeriod: Milliseconds = seconds(10);

/**
 * kube-scheduler tries pods that nothing wakes again by itself.
 * Source: kube-scheduler, scheduling_queue.go DefaultPodMaxInUnschedulablePodsDuration.
 */
const flushPeriod: Milliseconds = minutes(5);

/** 5, 15, 35, 75 and 155 s after there was room: what keeps the pod may be none of ours. */
const nextWake = ({ since, wakes }: Lingering): Moment | undefined => {
  const wait = firstWait * (2 ** (wakes + 1) - 1);
  return wait < flushPeriod ? later(since, milliseconds(wait)) : undefined;
};

/**
 * Whether pods are to be woken that were refused for a reason that has passed without an event of
 * its own: room that was only held for another pod, an agent that was not Ready. `roomiest` is the
 * group with most room that the class may use; `news`: one that could not be used can be again.
 */
export const planWakes = (
  waiting: readonly WaitingClaim[],
  roomiest: Group | undefined,
  now: Moment,
  news: "none" | "usable_again",
): WakePlan => {
  const found = waiting.map(({ request, lingering }) =>
    roomiest !== undefined && fit(roomiest, [request]).kind === "fits"
      ? (lingering ?? { since: now, wakes: 0 })
      : undefined,
  );
  const isDue = (claim: Lingering | undefined): boolean => {
    const at = claim === undefined ? undefined : nextWake(claim);
    return at !== undefined && at <= now;
  };
  const isNews = news === "usable_again" && found.some((claim) => claim !== undefined);
  const lingering = found.map((claim) =>
    claim !== undefined && isDue(claim) ? { ...claim, wakes: claim.wakes + 1 } : claim,
  );
  const waits = lingering.flatMap((claim) => {
    const at = claim === undefined ? undefined : nextWake(claim);
    // A look costs a pass over all groups, so those whose times are close share one.
    return at === undefined ? [] : [Math.max(firstWait, elapsed(now, at))];
  });
  return {
    wake: isNews || found.some(isDue) ? "now" : "not_now",
    lingering,
    after: milliseconds(Math.min(lookPeriod, ...waits)),
  };
};
