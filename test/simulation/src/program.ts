import { milliseconds, seconds } from "@stowage/clock";
import type { VirtualClock } from "@stowage/clock";
import type { Strike } from "./life.ts";
import { Life } from "./life.ts";
import type { Random } from "./random.ts";
import type { Story } from "./story.ts";

/** A program that whoever runs it starts anew whenever it has ended. */
export class Program {
  readonly name: string;
  /** How often it was started. */
  starts = 0;
  /** In milliseconds, of its time of day. */
  skew = 0;
  #life: Life | undefined;
  /** Of all its processes; the last is that of the one that runs. */
  readonly #stops: AbortController[] = [];
  #restart: () => void = () => undefined;
  readonly #run: (life: Life, signal: AbortSignal) => Promise<void>;
  readonly #site: {
    readonly clock: VirtualClock;
    readonly random: Random;
    readonly story: Story;
    readonly struck: (program: Program, strike: Strike, what: string) => void;
    readonly looked: (program: Program) => void;
  };

  constructor(
    name: string,
    site: {
      readonly clock: VirtualClock;
      readonly random: Random;
      readonly story: Story;
      readonly struck: (program: Program, strike: Strike, what: string) => void;
      readonly looked: (program: Program) => void;
    },
    run: (life: Life, signal: AbortSignal) => Promise<void>,
  ) {
    this.name = name;
    this.#site = site;
    this.#run = run;
  }

  /** The process that runs now; undefined between two. */
  get life(): Life | undefined {
    return this.#life?.isDead === true ? undefined : this.#life;
  }

  /** Which of the three it is. */
  get role(): string {
    return this.name.split("-")[0] ?? this.name;
  }

  start(): void {
    if (this.life !== undefined) return;
    this.#restart();
    const { clock, story, struck, looked } = this.#site;
    const life = new Life({
      name: this.name,
      clock,
      skew: this.skew,
      struck: (strike, what) => struck(this, strike, what),
      looked: () => looked(this),
    });
    this.#life = life;
    const stop = new AbortController();
    this.#stops.push(stop);
    this.starts += 1;
    story.tell(this.name, () => "starts");
    life.atEnd(() => this.#startLater());
    this.#run(life, stop.signal).then(
      () => life.kill(),
      (error: unknown) => {
        if (life.isDead) return;
        story.tell(
          this.name,
          () => `ends: ${error instanceof Error ? error.message : String(error)}`,
        );
        life.kill();
      },
    );
  }

  /** Asks it to end, as a kubelet does; it is killed when it takes too long. */
  terminate(): void {
    const { life } = this;
    if (life === undefined) return;
    this.#site.story.tell(this.name, () => "is asked to end");
    this.#stops.at(-1)?.abort(new Error("terminated"));
    const cancel = this.#site.clock.schedule(seconds(30), () => life.kill());
    life.atEnd(cancel);
  }

  /** Ends it for good, until it is started by hand: its machine is gone. */
  down(): void {
    this.life?.kill();
    this.#restart();
  }

  /**
   * At the end of its history. Node.js keeps a signal that was made of others for as long as somebody
   * listens to it, and by it all that a killed process had in hand.
   */
  release(): void {
    this.down();
    for (const stop of this.#stops) stop.abort(new Error("the history is over"));
  }

  #startLater(): void {
    const { clock, random } = this.#site;
    const after = milliseconds(random.between(300, random.isOneIn(4) ? 30_000 : 3000));
    this.#restart = clock.schedule(after, () => this.start());
  }
}
