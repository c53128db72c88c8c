import { setTimeout as sleep } from "node:timers/promises";
import type { Clock, Instant, Moment } from "./clock.ts";

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now() as Instant,
  moment: () => performance.now() as Moment,
  sleep: async (span, signal) => {
    try {
      await sleep(span, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    }
  },
};
