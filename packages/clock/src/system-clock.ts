import { setTimeout as sleep } from "node:timers/promises";
import type { Clock, Instant } from "./clock.ts";

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now() as Instant,
  sleep: async (span, signal) => {
    try {
      await sleep(span, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    }
  },
};
