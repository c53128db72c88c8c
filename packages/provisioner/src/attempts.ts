import type { Clock, Moment, Milliseconds } from "@stowage/clock";
import { elapsed, later, milliseconds, seconds } from "@stowage/clock";

/** The first new attempt is made at once: another node may have the room. */
const firstPause: Milliseconds = seconds(1);
const longestPause: Milliseconds = seconds(30);

/**
 * How often each claim was sent away in a row, and how long its next attempt waits for it. A claim
 * that fails everywhere would otherwise go round with the scheduler as fast as both can.
 */
export class Attempts {
  readonly #clock: Clock;
  readonly #failed = new Map<string, { readonly times: number; readonly at: Moment }>();
  /** Of claims that were unbound when this replica began to lead. */
  readonly #inherited: Set<string>;
  /** For which room was promised here, and which were not given up since. */
  readonly #own = new Set<string>();

  /** @param inherited volumes at which an earlier leader may have made attempts. */
  constructor(clock: Clock, inherited: Iterable<string>) {
    this.#clock = clock;
    this.#inherited = new Set(inherited);
  }

  /** Room was promised to it. */
  promise(volume: string): void {
    this.#own.add(volume);
  }

  /** Whether the volume is this leader's own attempt, so that nobody else can have given it up. */
  isOwn(volume: string): boolean {
    return this.#own.has(volume);
  }

  /** It has a PersistentVolume. */
  succeed(volume: string): void {
    this.#failed.delete(volume);
    this.#inherited.delete(volume);
  }

  /** An attempt at this volume ended without one, or the volume was given back. */
  fail(volume: string): void {
    this.#own.delete(volume);
    const times = (this.#failed.get(volume)?.times ?? 0) + 1;
    this.#failed.set(volume, { times, at: this.#clock.moment() });
  }

  /** Nobody wants it any more. */
  forget(volume: string): void {
    this.succeed(volume);
    this.#own.delete(volume);
  }

  /**
   * Was it sent away, or may an earlier leader have done so, so that what is known of its claim may be
   * older than that?
   */
  mayHaveFailed(volume: string): boolean {
    return this.#failed.has(volume) || this.#inherited.has(volume);
  }

  /** How long the next attempt has still to wait; 0 for none. */
  pauseOf(volume: string): Milliseconds {
    const failed = this.#failed.get(volume);
    if (failed === undefined || failed.times === 1) return milliseconds(0);
    const pause = Math.min(longestPause, firstPause * 2 ** Math.min(failed.times - 2, 20));
    return elapsed(this.#clock.moment(), later(failed.at, milliseconds(pause)));
  }
}
