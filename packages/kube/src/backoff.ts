import type { Milliseconds } from "@stowage/clock";
import { milliseconds } from "@stowage/clock";

/** The shortest and the longest wait. */
export type Backoff = { readonly first: Milliseconds; readonly max: Milliseconds };

/**
 * The wait after `failures` (at least 1) failures in a row: doubles each time, and is spread over
 * a factor of two also at the end, so that many clients of one server drift apart.
 */
export const waitAfter = (
  failures: number,
  backoff: Backoff,
  random: () => number,
): Milliseconds => {
  const base = Math.min(backoff.max / 2, backoff.first * 2 ** Math.min(failures - 1, 30));
  return milliseconds(Math.ceil(Math.max(backoff.first, base * (1 + random()))));
};
