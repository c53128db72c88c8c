import { setTimeout as sleep } from "node:timers/promises";

const pause = 1000;
/** No blow lasts so long, and nothing takes so long to recover. */
const limit = 5 * 60_000;

/**
 * Does again what fails, for as long as that may be a blow's doing.
 * @throws Error with the last failure when it fails for longer; the signal's reason when it aborts.
 */
export const persist = async <T>(
  what: string,
  act: () => Promise<T>,
  options: { readonly failed?: () => void; readonly signal?: AbortSignal } = {},
): Promise<T> => {
  const begun = performance.now();
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      options.failed?.();
      if (performance.now() - begun > limit) {
        throw new Error(`${what} failed for ${limit / 1000} s: ${String(error)}`, { cause: error });
      }
    }
    await sleep(pause, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
};
