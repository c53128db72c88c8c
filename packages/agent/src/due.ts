import type { Moment } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import type { Failures } from "./failures.ts";
import type { Action } from "./plan.ts";
import { gatesOf, keyOfPart } from "./plan.ts";

/** What must rest on a new look rests on one at most this old. */
export const freshFor = seconds(2);

/** An action that may be carried out now. */
export type Due = {
  readonly action: Action;
  /** A retry: it failed before, so that only a look can tell what comes of it now. */
  readonly attempt: "first" | "retry";
};

/** Progress shows after so many volumes, and no command takes too long because of their number. */
const batchSize = 50;

/**
 * What of a plan may be tried now. First what never failed, in the order of the plan; then what
 * failed, the longest due first. So nothing that fails again and again keeps anything else waiting.
 * Of several volumes each that failed is tried alone: one command, one reason.
 */
export const dueActions = (planned: readonly Action[], failures: Failures, now: Moment): Due[] => {
  const retries = planned
    .flatMap((action) => retriesOf(action, failures))
    .filter(({ retryAt }) => retryAt <= now)
    .toSorted((one, other) => one.retryAt - other.retryAt);
  return [
    ...planned.flatMap((action) => firstAttempts(action, failures)),
    ...retries.map(({ action }): Due => ({ action, attempt: "retry" })),
  ];
};

/** What is done to a device, and every retry, rests on what is there now and not on an older look. */
export const needsNewLook = ({ action, attempt }: Due): boolean =>
  attempt === "retry" || isOfDevice(action);

export const isOfDevice = (action: Action): boolean => "path" in action;

const first = (action: Action): Due => ({ action, attempt: "first" });

const firstAttempts = (action: Action, failures: Failures): Due[] => {
  if (!("volumes" in action)) {
    return gatesOf(action).some((key) => failures.get(key) !== undefined) ? [] : [first(action)];
  }
  const untried = action.volumes.filter(
    (name) => failures.get(keyOfPart(action, name)) === undefined,
  );
  const batches: Due[] = [];
  for (let start = 0; start < untried.length; start += batchSize) {
    batches.push(first({ ...action, volumes: untried.slice(start, start + batchSize) }));
  }
  return batches;
};

type Retry = { readonly action: Action; readonly retryAt: Moment };

const retriesOf = (action: Action, failures: Failures): Retry[] => {
  const parts: Action[] =
    "volumes" in action ? action.volumes.map((name) => ({ ...action, volumes: [name] })) : [action];
  return parts.flatMap((part) => {
    const times = gatesOf(part).flatMap((key) => failures.get(key)?.retryAt ?? []);
    return times.length === 0 ? [] : [{ action: part, retryAt: Math.max(...times) as Moment }];
  });
};
