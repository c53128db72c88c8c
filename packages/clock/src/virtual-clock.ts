import type { Clock, Instant, Milliseconds, Moment } from "./clock.ts";
import { later, milliseconds } from "./clock.ts";

/** After so many steps the event loop gets its turn, so that a rejection nobody handles is noticed. */
const stepsInOneTurn = 32;

type Timer = { readonly due: Moment; readonly order: number; readonly wake: () => void };

/**
 * A clock that moves only when told to. Timers go off in the order of their due times, those due at
 * the same instant in the order in which they were set.
 */
export class VirtualClock implements Clock {
  #moment = 0 as Moment;
  /** The time of day at the first moment. */
  #start: number;
  #order = 0;
  #steps = 0;
  /** The one due next is the last. */
  readonly #timers: Timer[] = [];

  constructor(start: Instant = 0 as Instant) {
    this.#start = start;
  }

  now(): Instant {
    return (this.#start + this.#moment) as Instant;
  }

  moment(): Moment {
    return this.#moment;
  }

  /** Sets the time of day back, as an admin or NTP may; no span is any different for that. */
  setBack(span: Milliseconds): void {
    this.#start -= span;
  }

  /**
   * Calls `wake` after `span`, unless the function that it gives is called before. Like the
   * machine's own timers it knows whole milliseconds only.
   */
  schedule(span: Milliseconds, wake: () => void): () => void {
    const due = later(this.#moment, milliseconds(Math.ceil(span)));
    const timer: Timer = { due, order: this.#order++, wake };
    this.#timers.splice(this.#placeOf(timer), 0, timer);
    return () => {
      const place = this.#placeOf(timer);
      if (this.#timers[place] === timer) this.#timers.splice(place, 1);
    };
  }

  sleep(span: Milliseconds, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const abort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.schedule(span, () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /** How many sleeps and other timers are under way. */
  get sleeping(): number {
    return this.#timers.length;
  }

  /** Moves on to the next timer, however far that is, and lets what it wakes run. */
  async step(): Promise<"woken" | "nobody_sleeps"> {
    const next = this.#timers.pop();
    if (next === undefined) return "nobody_sleeps";
    this.#moment = Math.max(this.#moment, next.due) as Moment;
    next.wake();
    this.#steps += 1;
    await (this.#steps % stepsInOneTurn === 0 ? settle() : settleInTurn());
    return "woken";
  }

  /** Moves time on by `span`, waking each sleeper at its own due time and letting it run. */
  async advance(span: Milliseconds): Promise<void> {
    const end = later(this.#moment, span);
    // Whoever was woken may go to sleep again: look for the next one only after it has run.
    await settle();
    while ((this.#timers.at(-1)?.due ?? Number.POSITIVE_INFINITY) <= end) await this.step();
    this.#moment = end;
    await settle();
  }

  /** The index of a timer that is there; of a new one, where it belongs. */
  #placeOf({ due, order }: Timer): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#timers[middle];
      const isLater =
        other !== undefined && (other.due > due || (other.due === due && other.order > order));
      if (isLater) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Lets every promise chain that is ready run until it waits for time or for the outside. */
const settle = async (): Promise<void> => {
  await new Promise<void>((resolve) => setImmediate(resolve));
};

/** The same without a turn of the event loop: Node's next tick comes once no promise is left to run. */
const settleInTurn = async (): Promise<void> => {
  await new Promise<void>((resolve) => process.nextTick(resolve));
};
