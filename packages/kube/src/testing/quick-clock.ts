import type { Clock } from "@stowage/clock";
import { milliseconds, systemClock } from "@stowage/clock";

/** The machine's clock, running so many times faster: for waits that real sockets must not share. */
export const quickClock = (factor: number): Clock => {
  const start = systemClock.now();
  const begun = systemClock.moment();
  const passed = (): number => (systemClock.moment() - begun) * factor;
  return {
    now: () => (start + passed()) as typeof start,
    moment: () => (begun + passed()) as typeof begun,
    sleep: (span, signal) => systemClock.sleep(milliseconds(span / factor), signal),
  };
};
