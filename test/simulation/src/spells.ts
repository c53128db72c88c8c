import type { Milliseconds, VirtualClock } from "@stowage/clock";
import { milliseconds } from "@stowage/clock";
import type { Life, Strike, Target } from "./life.ts";
import type { Random } from "./random.ts";

/** In milliseconds: before an overloaded server. */
const longestQueue = 4000;

/** What goes on between programs and the API server for a while, whatever is sent in that time. */
export class Spells {
  readonly #clock: VirtualClock;
  readonly #lags = new Map<string, { readonly lag: number; readonly until: number }>();
  /** Until when the server is overloaded with what a program asks of it. */
  readonly #overloaded = new Map<Life, number>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** For so long every watch of one kind of objects tells of all that happens late. */
  lag(plural: Target, lag: Milliseconds, span: Milliseconds): void {
    this.#lags.set(plural, { lag, until: this.#clock.moment() + span });
  }

  lagOf(plural: string): number {
    const { lag, until } = this.#lags.get(plural) ?? { lag: 0, until: 0 };
    return this.#clock.moment() < until ? lag : 0;
  }

  /** For so long many of the program's requests are queued, turned away, or fail. */
  overload(life: Life, span: Milliseconds): void {
    this.#overloaded.set(life, this.#clock.moment() + span);
  }

  /** What befalls a request of an overloaded server. */
  burdenOf(life: Life, random: Random): Strike | undefined {
    if ((this.#overloaded.get(life) ?? 0) <= this.#clock.moment()) return undefined;
    if (random.isOneIn(3)) {
      return { kind: "server_error", status: random.pick([429, 429, 503, 504]) ?? 429 };
    }
    return random.isOneIn(2)
      ? { kind: "slow", span: milliseconds(random.between(0, longestQueue)) }
      : undefined;
  }

  /** All of it ends now. */
  end(): void {
    this.#lags.clear();
    this.#overloaded.clear();
  }
}
