import type { Clock } from "@stowage/clock";
import { milliseconds, systemClock } from "@stowage/clock";

/** The machine's clock, running so many times faster: for waits that real sockets must not share. */
export const quickClock = (factor: number): Clock => {
  const start = systemClock.now();
  return {
    now: () => (start + (systemClock.now() - start) * factor) as typeof start,
    sleep: (span, signal) => systemClock.sleep(milliseconds(span / factor), signal),
  };
};
