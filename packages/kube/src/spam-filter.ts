import type { Clock, Moment } from "@stowage/clock";
import { elapsed, minutes } from "@stowage/clock";
import { Recent } from "./recent.ts";

const burst = 25;
const refill = minutes(5);

/**
 * How many events one object may make: 25 at once, one more every 5 minutes.
 * Source: client-go tools/record, EventSourceObjectSpamFilter.
 */
export class SpamFilter {
  readonly #clock: Clock;
  readonly #buckets = new Recent<{ tokens: number; at: Moment }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  admits(object: string): boolean {
    const now = this.#clock.moment();
    const known = this.#buckets.get(object) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, known.tokens + elapsed(known.at, now) / refill);
    const admitted = tokens >= 1;
    this.#buckets.set(object, { tokens: admitted ? tokens - 1 : tokens, at: now });
    return admitted;
  }
}
