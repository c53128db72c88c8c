import type { Clock } from "@stowage/clock";

export type Line = { readonly at: number; readonly who: string; readonly what: string };

/** What happened, in words; kept only when somebody is going to read it. */
export class Story {
  readonly lines: Line[] = [];
  readonly #clock: Pick<Clock, "moment">;
  readonly #begun: number;
  readonly #mode: "kept" | "dropped";

  constructor(clock: Pick<Clock, "moment">, mode: "kept" | "dropped") {
    this.#clock = clock;
    this.#begun = clock.moment();
    this.#mode = mode;
  }

  tell(who: string, what: () => string | undefined): void {
    if (this.#mode === "dropped") return;
    const words = what();
    if (words === undefined) return;
    this.lines.push({ at: this.#clock.moment() - this.#begun, who, what: words });
  }
}

export const lineText = ({ at, who, what }: Line): string =>
  `${(at / 1000).toFixed(3).padStart(10)}  ${who.padEnd(15)} ${what}`;
