import { milliseconds } from "@stowage/clock";
import type { VirtualClock } from "@stowage/clock";
import type { Random } from "../random.ts";

/**
 * When a model of a controller looks: soon after something happened, once however much it was, and
 * again for as long as it finds something to do.
 */
export class Ticker {
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #look: () => "again" | "idle";
  #cancel: (() => void) | undefined;

  constructor(clock: VirtualClock, random: Random, look: () => "again" | "idle") {
    this.#clock = clock;
    this.#random = random;
    this.#look = look;
  }

  kick(): void {
    if (this.#cancel !== undefined) return;
    const after = this.#random.isOneIn(30)
      ? this.#random.between(100, 3000)
      : this.#random.between(1, 40);
    this.#cancel = this.#clock.schedule(milliseconds(after), () => {
      this.#cancel = undefined;
      if (this.#look() === "again") this.kick();
    });
  }
}
