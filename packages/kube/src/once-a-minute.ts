import type { Clock, Moment } from "@stowage/clock";
import { elapsed, minutes } from "@stowage/clock";

/** Keeps what `read` gives for a minute (client-go's period for tokens). A failure is not kept. */
export const onceAMinute = <T>(clock: Clock, read: () => Promise<T>): (() => Promise<T>) => {
  let kept: { readonly at: Moment; readonly value: Promise<T> } | undefined;
  return () => {
    const now = clock.moment();
    if (kept !== undefined && elapsed(kept.at, now) < minutes(1)) return kept.value;
    const fresh = { at: now, value: read() };
    kept = fresh;
    fresh.value.catch(() => {
      if (kept === fresh) kept = undefined;
    });
    return fresh.value;
  };
};
