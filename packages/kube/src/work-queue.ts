import type { Clock, Milliseconds } from "@stowage/clock";
import { minutes, seconds } from "@stowage/clock";
import type { Backoff } from "./backoff.ts";
import { waitAfter } from "./backoff.ts";
import { Delays } from "./delays.ts";
import type { Log } from "./log.ts";

/** What a reconcile ends with; a failure is thrown. */
export type Next =
  { readonly kind: "done" } | { readonly kind: "again"; readonly after: Milliseconds };

export const done: Next = { kind: "done" };

/** All went well, and the key is to be looked at again. */
export const again = (after: Milliseconds): Next => ({ kind: "again", after });

export type Reconcile = (key: string, signal: AbortSignal) => Promise<Next>;

const defaultBackoff: Backoff = { first: seconds(1), max: minutes(5) };

/**
 * Keys that need work, each at most once in the queue and never worked on twice at a time; one
 * that is added while it is worked on is worked on again afterwards. As client-go's workqueue,
 * but a key that is added does not run a second time for a delay that was set before.
 */
export class WorkQueue {
  readonly #random: () => number;
  readonly #log: Log;
  readonly #backoff: Backoff;
  readonly #delays: Delays;
  /** In the order in which they were added. */
  readonly #ready = new Set<string>();
  readonly #running = new Set<string>();
  /** Added while running. */
  readonly #dirty = new Set<string>();
  readonly #failures = new Map<string, number>();
  #pump: () => void = () => undefined;
  #state: "idle" | "running" = "idle";

  constructor(options: {
    readonly clock: Clock;
    readonly random: () => number;
    readonly log: Log;
    readonly backoff?: Backoff;
  }) {
    this.#random = options.random;
    this.#log = options.log;
    this.#backoff = options.backoff ?? defaultBackoff;
    this.#delays = new Delays(options.clock);
  }

  /** How many keys wait to be worked on now; neither those running nor those not yet due. */
  get depth(): number {
    return this.#ready.size + this.#dirty.size;
  }

  add(key: string): void {
    this.#delays.delete(key);
    if (this.#running.has(key)) this.#dirty.add(key);
    else {
      this.#ready.add(key);
      this.#pump();
    }
  }

  /** Of several times for one key, the earliest holds. */
  addAfter(key: string, after: Milliseconds): void {
    if (this.#ready.has(key) || this.#dirty.has(key)) return;
    if (after === 0) this.add(key);
    else this.#delays.set(key, after);
  }

  /**
   * Works until the signal is aborted, then waits for the reconciles under way.
   * @throws Error when it runs already.
   */
  async run(
    reconcile: Reconcile,
    { concurrency, signal }: { readonly concurrency: number; readonly signal: AbortSignal },
  ): Promise<void> {
    if (this.#state === "running") throw new Error("the work queue runs already");
    this.#state = "running";
    const underWay = new Set<Promise<void>>();
    this.#pump = () => {
      for (const key of this.#ready) {
        if (signal.aborted || underWay.size >= concurrency) return;
        this.#ready.delete(key);
        this.#running.add(key);
        const work = this.#work(key, reconcile, signal).finally(() => {
          underWay.delete(work);
          this.#running.delete(key);
          if (this.#dirty.delete(key)) this.#ready.add(key);
          this.#pump();
        });
        underWay.add(work);
      }
    };
    this.#pump();
    await this.#delays.run((key) => this.add(key), signal);
    await Promise.all(underWay);
    this.#pump = () => undefined;
    this.#state = "idle";
  }

  async #work(key: string, reconcile: Reconcile, signal: AbortSignal): Promise<void> {
    try {
      const next = await reconcile(key, signal);
      this.#failures.delete(key);
      if (next.kind === "again") this.addAfter(key, next.after);
    } catch (error) {
      if (signal.aborted) {
        this.#log.debug({ err: error, key }, "reconcile was cut short by the shutdown");
        return;
      }
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      const wait = waitAfter(failures, this.#backoff, this.#random);
      this.#log.error(
        { err: error, key, failures, waitMs: wait },
        "reconcile failed, trying again",
      );
      this.addAfter(key, wait);
    }
  }
}
