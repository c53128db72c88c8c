import type { Clock, Milliseconds } from "@stowage/clock";
import { elapsed, milliseconds } from "@stowage/clock";
import { ClusterError } from "./errors.ts";
import { patiently } from "./patience.ts";

/** How a wait asks and when it gives up. */
export type Wait = {
  readonly clock: Clock;
  /** What is waited for, as the end of the sentence "gave up waiting for ...". */
  readonly what: string;
  /** On a usual machine. */
  readonly limit: Milliseconds;
  readonly every?: Milliseconds;
  /** Adds to the error what is known at the time of giving up, such as the end of a log. */
  readonly explain?: () => Promise<string>;
};

/** What one look found: the thing itself, or why it is not there yet. */
export type Look<T> = { kind: "there"; value: T } | { kind: "not yet"; why: string };

/**
 * Looks again and again until the thing is there.
 * @throws ClusterError `timed_out` that tells what was waited for and what the last look found;
 * whatever `look` throws ends the wait at once.
 */
export const waitFor = async <T>(wait: Wait, look: () => Promise<Look<T>>): Promise<T> => {
  const start = wait.clock.moment();
  const limit = patiently(wait.limit);
  for (;;) {
    const found = await look();
    if (found.kind === "there") return found.value;
    if (elapsed(start, wait.clock.moment()) >= limit) {
      const explanation = wait.explain === undefined ? "" : `\n${await wait.explain()}`;
      throw new ClusterError(
        "timed_out",
        `gave up waiting for ${wait.what} after ${limit / 1000} s: ${found.why}${explanation}`,
      );
    }
    await wait.clock.sleep(wait.every ?? milliseconds(100));
  }
};
