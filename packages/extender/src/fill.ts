import type { Clock } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import type { Freshness } from "./freshness.ts";

/**
 * Collects garbage once, when the caches are filled: the lists of a large cluster leave several
 * times of what is kept, and V8 would hold on to the pages for ever, because little is made after
 * that. Without --expose-gc there is nothing to call.
 */
export const tidyOnceFilled = async (options: {
  readonly freshness: () => Freshness;
  readonly clock: Pick<Clock, "sleep">;
  readonly collect: typeof globalThis.gc;
  readonly signal: AbortSignal;
}): Promise<void> => {
  const { freshness, clock, collect, signal } = options;
  while (freshness().kind === "syncing") {
    await clock.sleep(seconds(1), signal);
  }
  // "last-resort" also moves what is left together, so that whole pages become free.
  collect?.({ type: "major", execution: "sync", flavor: "last-resort" });
};
