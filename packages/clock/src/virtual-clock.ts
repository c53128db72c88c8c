import type { Clock, Instant, Milliseconds } from "./clock.ts";
import { later } from "./clock.ts";

type Sleeper = { readonly due: Instant; readonly order: number; readonly wake: () => void };

/**
 * A clock that moves only when told to. Sleepers wake in the order of their due times, those due at
 * the same instant in the order in which they went to sleep.
 */
export class VirtualClock implements Clock {
  #now: Instant;
  #order = 0;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start: Instant = 0 as Instant) {
    this.#now = start;
  }

  now(): Instant {
    return this.#now;
  }

  sleep(span: Milliseconds, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const abort = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        due: later(this.#now, span),
        order: this.#order++,
        wake: () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        },
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /** How many sleeps are under way. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Moves time on by `span`, waking each sleeper at its own due time and letting it run. */
  async advance(span: Milliseconds): Promise<void> {
    const end = later(this.#now, span);
    for (;;) {
      // Whoever was woken may go to sleep again: look for the next one only after it has run.
      await settle();
      const next = [...this.#sleepers]
        .filter((sleeper) => sleeper.due <= end)
        .toSorted((a, b) => a.due - b.due || a.order - b.order)[0];
      if (next === undefined) break;
      this.#sleepers.delete(next);
      this.#now = Math.max(this.#now, next.due) as Instant;
      next.wake();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets every promise chain that is ready run until it waits for time or for the outside. */
const settle = async (): Promise<void> => {
  await new Promise<void>((resolve) => setImmediate(resolve));
};
