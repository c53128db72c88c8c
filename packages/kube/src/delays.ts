import type { Clock, Milliseconds } from "@stowage/clock";
import { elapsed, later, milliseconds } from "@stowage/clock";
import { DueHeap } from "./due-heap.ts";

/**
 * Keys that become due, each once: of several times for one key the earliest holds. Needs one
 * sleep of the clock however many keys wait.
 */
export class Delays {
  readonly #clock: Clock;
  readonly #heap = new DueHeap();
  /** An entry of the heap that is not the one of its key here is void. */
  readonly #dueAt = new Map<string, number>();
  #sleep = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(key: string, after: Milliseconds): void {
    const at = later(this.#clock.moment(), after);
    const known = this.#dueAt.get(key);
    if (known !== undefined && known <= at) return;
    this.#dueAt.set(key, at);
    const earliest = this.#heap.first;
    this.#heap.push({ at, key });
    if (earliest === undefined || at < earliest.at) this.#sleep.abort();
  }

  delete(key: string): void {
    this.#dueAt.delete(key);
  }

  /** Tells of keys as they become due, until the signal is aborted. */
  async run(due: (key: string) => void, signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#sleep.abort();
    signal.addEventListener("abort", wake, { once: true });
    while (!signal.aborted) {
      const first = this.#heap.first;
      const now = this.#clock.moment();
      if (first !== undefined && first.at <= now) {
        this.#heap.pop();
        if (this.#dueAt.get(first.key) !== first.at) continue;
        this.#dueAt.delete(first.key);
        due(first.key);
        continue;
      }
      this.#sleep = new AbortController();
      const woken = this.#sleep.signal;
      // Woken by an earlier time or by the end: either way the loop looks again.
      if (first === undefined) await aborted(woken);
      else {
        // Whole milliseconds: adding a tiny fraction to a time of day may not change it.
        const span = milliseconds(Math.ceil(elapsed(now, first.at)));
        await this.#clock.sleep(span, woken).catch(() => undefined);
      }
    }
    signal.removeEventListener("abort", wake);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
