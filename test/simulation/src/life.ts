import type { Clock, Milliseconds, VirtualClock } from "@stowage/clock";
import { milliseconds } from "@stowage/clock";

/** What befalls a program at its next but so many contacts with the outside. */
export type Strike =
  /** Ends at once; a request that is sent is under way all the same. */
  | { readonly kind: "kill" }
  /**
   * Stands still, as a virtual machine that is moved: nothing reaches it meanwhile. It may go on sooner,
   * just when others have changed ledgers so many times.
   */
  | { readonly kind: "pause"; readonly span: Milliseconds; readonly overtakings?: number }
  /** The connection is cut; whether the request arrived depends on when it strikes. */
  | { readonly kind: "cut" }
  | { readonly kind: "slow"; readonly span: Milliseconds }
  | { readonly kind: "server_error"; readonly status: number }
  /** A command of LVM fails, before or after it did its work. */
  | { readonly kind: "fail" }
  /** It ends well, and did nothing. */
  | { readonly kind: "no_effect" }
  | { readonly kind: "hang"; readonly span: Milliseconds };

type StrikeKind = Strike["kind"];

/** Collections that programs decide on, and change. */
export const targets = [
  "persistentvolumeclaims",
  "persistentvolumes",
  "nodelocalstorages",
] as const;

export type Target = (typeof targets)[number];

/**
 * What a strike waits for: any contact; one by which the program changes something; a look at one
 * object, by which it makes sure of what it is about to do; or either of these at objects of one kind.
 */
export type Aim = "any" | "write" | "confirm" | Target;

type Armed = { left: number; readonly aim: Aim; readonly strike: Strike };

/** A moment at which something goes out of the program or comes in. */
export type Contact = {
  readonly what: string;
  /** Who aims at any of these aims at it. */
  readonly aims: readonly Aim[];
  readonly possible: readonly StrikeKind[];
};

/**
 * One process from start to end. All that reaches it from outside passes here: at once while it
 * runs, later when it stands still, never once it is dead. A promise that never settles is how a
 * dead process looks from inside, so whatever it waited for is where it was killed.
 */
export class Life {
  readonly name: string;
  readonly clock: Clock;
  readonly #base: VirtualClock;
  readonly #struck: (strike: Strike, what: string) => void;
  readonly #timers = new Set<() => void>();
  readonly #endings = new Set<() => void>();
  readonly #armed: Armed[] = [];
  #held: (() => void)[] = [];
  #state: "running" | "paused" | "dead" = "running";
  /** How many changes by others are left until it goes on. */
  #overtakings = Number.POSITIVE_INFINITY;

  constructor(options: {
    readonly name: string;
    readonly clock: VirtualClock;
    /** How far its time of day is off. */
    readonly skew: number;
    readonly struck: (strike: Strike, what: string) => void;
    /** Told of each look at the clock: who looks again and again within one instant hangs. */
    readonly looked: () => void;
  }) {
    this.name = options.name;
    this.#base = options.clock;
    this.#struck = options.struck;
    this.clock = {
      now: () => {
        options.looked();
        return (options.clock.now() + options.skew) as ReturnType<Clock["now"]>;
      },
      moment: () => {
        options.looked();
        return options.clock.moment();
      },
      sleep: (span, signal) => this.#sleep(span, signal),
    };
  }

  get isDead(): boolean {
    return this.#state === "dead";
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** At its contact number `after`, counted from now, the program is struck. */
  arm(strike: Strike, after: number, aim: Aim): void {
    this.#armed.push({ left: after, aim, strike });
  }

  disarm(): void {
    this.#armed.length = 0;
  }

  /** To be called at each contact of the program with the outside: what befalls it there. */
  contact({ what, aims, possible }: Contact): Strike | undefined {
    const aimed = this.#armed.filter(({ aim }) => aims.includes(aim));
    for (const armed of aimed) armed.left -= 1;
    const hit = aimed.find(({ left, strike }) => left <= 0 && possible.includes(strike.kind));
    const index = hit === undefined ? -1 : this.#armed.indexOf(hit);
    const strike = this.#armed.splice(index, index === -1 ? 0 : 1)[0]?.strike;
    if (strike === undefined) return undefined;
    this.#struck(strike, what);
    if (strike.kind === "kill") this.kill();
    if (strike.kind === "pause") this.pause(strike.span, strike.overtakings);
    return strike;
  }

  /** Lets something reach the program. */
  deliver(what: () => void): void {
    if (this.#state === "running") what();
    else if (this.#state === "paused") this.#held.push(what);
  }

  /** Told when the program ends; the function that forgets it. */
  atEnd(ending: () => void): () => void {
    this.#endings.add(ending);
    return () => void this.#endings.delete(ending);
  }

  kill(): void {
    if (this.#state === "dead") return;
    this.#state = "dead";
    this.#held = [];
    for (const forget of this.#timers) forget();
    for (const ending of this.#endings) ending();
    this.#endings.clear();
  }

  pause(span: Milliseconds, overtakings = Number.POSITIVE_INFINITY): void {
    if (this.#state !== "running") return;
    this.#state = "paused";
    this.#overtakings = overtakings;
    this.#base.schedule(span, () => this.resume());
  }

  /** Somebody else changed a ledger. */
  overtaken(): void {
    if (this.#state !== "paused") return;
    this.#overtakings -= 1;
    if (this.#overtakings === 0) this.#base.schedule(milliseconds(1), () => this.resume());
  }

  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    const held = this.#held;
    this.#held = [];
    for (const what of held) this.deliver(what);
  }

  #sleep(span: Milliseconds, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const abort = (): void => {
        forget();
        reject(signal?.reason);
      };
      const forget = (): void => {
        cancel();
        this.#timers.delete(forget);
        signal?.removeEventListener("abort", abort);
      };
      const cancel = this.#base.schedule(span, () => {
        this.#timers.delete(forget);
        this.deliver(() => {
          signal?.removeEventListener("abort", abort);
          resolve();
        });
      });
      this.#timers.add(forget);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }
}
