import type { Moment, Milliseconds } from "@stowage/clock";
import { later, milliseconds, seconds } from "@stowage/clock";
import type { LvmError } from "@stowage/lvm";

export type Failure = {
  readonly error: LvmError;
  readonly attempts: number;
  readonly retryAt: Moment;
};

const firstDelay = seconds(1);

/** Doubles from one second up to `longest`. */
export const retryDelay = (attempts: number, longest: Milliseconds): Milliseconds =>
  milliseconds(Math.min(longest, firstDelay * 2 ** (attempts - 1)));

/**
 * Which actions failed and when each may be tried again. Without it, every event on the object
 * would repeat a command that has no chance.
 */
export class Failures {
  readonly #failures = new Map<string, Failure>();
  readonly #longestDelay: Milliseconds;

  constructor(longestDelay: Milliseconds) {
    this.#longestDelay = longestDelay;
  }

  add(key: string, error: LvmError, now: Moment): Failure {
    const attempts = (this.#failures.get(key)?.attempts ?? 0) + 1;
    const delay =
      error.retry === "soon" ? retryDelay(attempts, this.#longestDelay) : this.#longestDelay;
    const failure = { error, attempts, retryAt: later(now, delay) };
    this.#failures.set(key, failure);
    return failure;
  }

  get(key: string): Failure | undefined {
    return this.#failures.get(key);
  }

  delete(key: string): void {
    this.#failures.delete(key);
  }

  /**
   * Forgets what is no longer planned: it was done by others, or nobody wants it any more. All that
   * failed with one of `hidden` stays: something has to be done for it before the rest is planned again.
   */
  keepOnly(keys: ReadonlySet<string>, hidden: ReadonlySet<string>): void {
    for (const key of this.#failures.keys()) {
      const subject = key.slice(key.indexOf(":") + 1);
      if (!keys.has(key) && !hidden.has(subject)) this.#failures.delete(key);
    }
  }

  /** The next time after `now`: what may be tried already is under way, or about to be. */
  nextRetry(now: Moment): Moment | undefined {
    const times = [...this.#failures.values()]
      .map(({ retryAt }) => retryAt)
      .filter((retryAt) => retryAt > now);
    return times.length === 0 ? undefined : (Math.min(...times) as Moment);
  }
}
