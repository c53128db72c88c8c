import type { Clock, Moment, Milliseconds } from "@stowage/clock";
import { elapsed, minutes } from "@stowage/clock";

/** A look and a write to the API may take this long without a sign of trouble. */
const slack = minutes(1);

/** A write on a disk that hangs is waited for, then a look is tried: two and a half minutes. */
const leastLimit = minutes(3);

export type Look = "succeeded" | "failed";

/**
 * Whether the agent does its work: within two scan periods and a minute, but three minutes at least,
 * every group that it knows was judged and its status written, and one could really be looked at. A
 * single group that cannot be looked at is no trouble of the agent's: its own Ready condition tells
 * of it, and the node's other groups stay in use.
 */
export class Readiness {
  readonly #clock: Clock;
  readonly #limit: Milliseconds;
  readonly #lastReports = new Map<string, Moment>();
  readonly #lastLooks = new Map<string, Moment>();
  #state: "starting" | "watching" = "starting";

  constructor(clock: Clock, scanPeriod: Milliseconds) {
    this.#clock = clock;
    this.#limit = Math.max(2 * scanPeriod + slack, leastLimit) as Milliseconds;
  }

  /** All NodeLocalStorages of the node are known. */
  watching(): void {
    this.#state = "watching";
  }

  reported(name: string, look: Look): void {
    const now = this.#clock.moment();
    this.#lastReports.set(name, now);
    if (look === "succeeded") this.#lastLooks.set(name, now);
  }

  forget(name: string): void {
    this.#lastReports.delete(name);
    this.#lastLooks.delete(name);
  }

  /** Why the agent is not ready; undefined when it is. `names`: the objects that it must serve. */
  whyNot(names: Iterable<string>): string | undefined {
    if (this.#state === "starting") return "has not seen the API server yet";
    const now = this.#clock.moment();
    const served = [...names];
    for (const name of served) {
      const last = this.#lastReports.get(name);
      if (last === undefined) return `${name}: not reported on yet`;
      const age = elapsed(last, now);
      if (age > this.#limit) return `${name}: last reported on ${inSeconds(age)} ago`;
    }
    const looks = served.flatMap((name) => this.#lastLooks.get(name) ?? []);
    if (served.length === 0) return undefined;
    if (looks.length === 0) return "no look at the node has succeeded yet";
    const age = elapsed(Math.max(...looks) as Moment, now);
    return age > this.#limit
      ? `no look at the node has succeeded for ${inSeconds(age)}`
      : undefined;
  }
}

const inSeconds = (span: Milliseconds): string => `${Math.round(span / 1000)} s`;
