import type { Clock } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import type { Buffers } from "./buffers.ts";
import type { Freshness } from "./freshness.ts";

/** After so long without a call nobody waits for an answer while garbage is collected. */
const quiet = seconds(5);

/**
 * Collects garbage when the caches are filled, and again when it is quiet after calls, without the
 * calls' buffers: lists of a large cluster leave several times of what is kept, and V8 would hold on
 * to the pages for ever, because little is made after that. Without --expose-gc there is nothing to
 * call.
 */
export const keepTidy = async (options: {
  readonly freshness: () => Freshness;
  /** In which calls are read and answered. */
  readonly buffers: Pick<Buffers, "taken" | "release">;
  readonly clock: Pick<Clock, "sleep">;
  readonly collect: typeof globalThis.gc;
  readonly signal: AbortSignal;
}): Promise<void> => {
  const { freshness, buffers, clock, collect, signal } = options;
  const tidy = (): void => {
    buffers.release();
    // "last-resort" also moves what is left together, so that whole pages become free.
    collect?.({ type: "major", execution: "sync", flavor: "last-resort" });
  };
  while (freshness().kind === "syncing") {
    await clock.sleep(seconds(1), signal);
  }
  tidy();
  let tidied = buffers.taken;
  for (;;) {
    const before = buffers.taken;
    await clock.sleep(quiet, signal);
    if (buffers.taken !== before || before === tidied) continue;
    tidy();
    tidied = before;
  }
};
