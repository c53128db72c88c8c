import type { Clock, Instant, Milliseconds } from "@stowage/clock";
import { elapsed, minutes } from "@stowage/clock";

/** A look and a write to the API may take this long without a sign of trouble. */
const slack = minutes(1);

/**
 * Whether the agent does its work: every group it knows was judged, and its status written, within
 * two scan periods. A group that is in trouble is no trouble of the agent's: its own Ready
 * condition tells of it, and the node's other groups stay in use.
 */
export class Readiness {
  readonly #clock: Clock;
  readonly #limit: Milliseconds;
  readonly #lastReports = new Map<string, Instant>();
  #state: "starting" | "watching" = "starting";

  constructor(clock: Clock, scanPeriod: Milliseconds) {
    this.#clock = clock;
    this.#limit = (2 * scanPeriod + slack) as Milliseconds;
  }

  /** All NodeLocalStorages of the node are known. */
  watching(): void {
    this.#state = "watching";
  }

  reported(name: string): void {
    this.#lastReports.set(name, this.#clock.now());
  }

  forget(name: string): void {
    this.#lastReports.delete(name);
  }

  /** Why the agent is not ready; undefined when it is. `names`: the objects that it must serve. */
  whyNot(names: Iterable<string>): string | undefined {
    if (this.#state === "starting") return "has not seen the API server yet";
    const now = this.#clock.now();
    for (const name of names) {
      const last = this.#lastReports.get(name);
      if (last === undefined) return `${name}: not reported on yet`;
      const age = elapsed(last, now);
      if (age > this.#limit) return `${name}: last reported on ${Math.round(age / 1000)} s ago`;
    }
    return undefined;
  }
}
