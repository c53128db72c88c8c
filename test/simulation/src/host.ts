import type { FakeVolume } from "@stowage/agent/testing";
import { FakeNode } from "@stowage/agent/testing";
import { milliseconds } from "@stowage/clock";
import type { Milliseconds, VirtualClock } from "@stowage/clock";
import type { Command, Ended, Start } from "@stowage/lvm";
import type { Aim, Strike } from "./life.ts";
import { Life } from "./life.ts";
import type { Random } from "./random.ts";
import type { Story } from "./story.ts";

const slowDisks = 50;

/**
 * A machine with disks: LVM with its locks, power that can fail. What LVM has committed outlives
 * both the agent and the power.
 */
export class Host {
  readonly name: string;
  readonly node: FakeNode;
  /** By the logical volume's name: the uid of the claim whose pods wrote to it. */
  readonly contents = new Map<string, string>();
  /** An admin's, of pods' volumes. */
  readonly snapshots = new Set<FakeVolume>();
  madeSnapshots = 0;
  #boot: Life;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #story: Story;
  readonly #changed: (host: Host) => void;
  /** Who waits for LVM's lock on a group. */
  #lock: Promise<void> = Promise.resolve();
  readonly #openedForWriting = new Set<string>();
  /** Until when the disks take much longer, or fail at what changes them. */
  readonly #wornUntil = { slow: 0, bad: 0 };
  /** Commands that end well and change nothing. */
  readonly #idle = new Set<Command>();
  /** What is under way, to be done or not when the power fails. */
  readonly #underWay = new Set<() => void>();

  constructor(
    name: string,
    {
      clock,
      random,
      story,
      changed,
    }: {
      readonly clock: VirtualClock;
      readonly random: Random;
      readonly story: Story;
      /** Told after each command that may have changed what is on the disks. */
      readonly changed: (host: Host) => void;
    },
  ) {
    this.name = name;
    this.#changed = changed;
    this.#clock = clock;
    this.#random = random;
    this.#story = story;
    this.#boot = this.#newBoot();
    this.node = new FakeNode({
      now: () => clock.now(),
      moment: () => clock.moment(),
      sleep: (span) => this.#work(span),
    });
    this.node.duration = ({ access }) => {
      const slowness = this.#are("slow") ? slowDisks : 1;
      return milliseconds(
        slowness * (access === "read" ? random.between(1, 30) : random.between(5, 120)),
      );
    };
    this.node.spell = (command) => (this.#idle.has(command) ? "without_effect" : "none");
  }

  wearDown(how: "slow" | "bad", span: Milliseconds): void {
    this.#wornUntil[how] = this.#clock.moment() + span;
  }

  #are(how: "slow" | "bad"): boolean {
    return this.#clock.moment() < this.#wornUntil[how];
  }

  get isOn(): boolean {
    return !this.#boot.isDead;
  }

  /** How a process of this life runs commands here. */
  startFor(life: Life): Start {
    return (command) => {
      const aims = aimsOf(command);
      const strike = life.contact({
        what: `${command.name} started`,
        aims,
        possible: [
          "kill",
          "pause",
          "fail",
          "hang",
          ...(isProvable(command) ? (["no_effect"] as const) : []),
        ],
      });
      const { promise, resolve } = Promise.withResolvers<Ended>();
      const ended = this.#run(command, strike?.kind === "hang" ? strike.span : 0, strike?.kind);
      void this.#answer(life, command, ended, resolve);
      return {
        ended: promise,
        kill: () => resolve({ exitCode: 137, stdout: "", stderr: "killed" }),
      };
    };
  }

  async #answer(
    life: Life,
    command: Command,
    ended: Promise<Ended>,
    resolve: (result: Ended) => void,
  ): Promise<void> {
    const result = await ended;
    const what = `${command.name} ended`;
    life.contact({ what, aims: aimsOf(command), possible: ["kill", "pause"] });
    life.deliver(() => resolve(result));
  }

  async #run(command: Command, hang: number, strike: Strike["kind"] | undefined): Promise<Ended> {
    const boot = this.#boot;
    const isBad = command.access !== "read" && this.#are("bad") && this.#random.isOneIn(2);
    const fails = strike === "fail" || isBad;
    const path = command.args.at(-1) ?? "";
    const isExclusive = command.name === "blkdiscard";
    if (isExclusive && this.#openedForWriting.has(path)) {
      return failed(`blkdiscard: cannot open ${path}: Device or resource busy`);
    }
    if (isExclusive) this.#openedForWriting.add(path);
    const isLvm = command.file === "lvm";
    const before = this.#lock;
    const { promise: done, resolve: unlock } = Promise.withResolvers<void>();
    if (isLvm && command.access !== "read") this.#lock = before.then(() => done);
    try {
      // A report shares the lock with other reports, and waits for what changes the group.
      if (isLvm) await before;
      if (boot.isDead) return await new Promise<never>(() => undefined);
      if (hang > 0) await boot.clock.sleep(milliseconds(hang));
      const failsBefore = fails && this.#random.isOneIn(2);
      if (failsBefore) return failed(this.#random.pick(troublesOf(command)) ?? "");
      if (strike === "no_effect") this.#idle.add(command);
      const result = await this.node.run(command);
      if (command.access !== "read") {
        this.#story.tell(this.name, () => wordsOf(command, result.exitCode, result.stderr));
        this.#changed(this);
      }
      return fails ? failed("  WARNING: the answer got lost: Input/output error") : result;
    } finally {
      this.#openedForWriting.delete(path);
      unlock();
    }
  }

  /** The power goes: every process ends; a command under way has done its work, or has not. */
  cutPower(): void {
    if (!this.isOn) return;
    for (const finish of this.#underWay) if (this.#random.isOneIn(2)) finish();
    this.#underWay.clear();
    this.#boot.kill();
    this.#lock = Promise.resolve();
    this.#openedForWriting.clear();
    this.#changed(this);
  }

  /** Boots; whether LVM activates its volumes by itself is a matter of the distribution. */
  boot(autoactivation: "on" | "off"): void {
    if (this.isOn) return;
    this.#boot = this.#newBoot();
    for (const group of this.node.groups) {
      for (const volume of group.volumes) {
        volume.activation = autoactivation === "on" ? "active" : "inactive";
        volume.use = "closed";
        volume.link = this.#random.isOneIn(3) ? "absent" : "present";
      }
    }
  }

  #newBoot(): Life {
    const { name } = this;
    return new Life({ name, clock: this.#clock, skew: 0, struck: ignore, looked: ignore });
  }

  #work(span: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.schedule(milliseconds(span), () => finish());
      const finish = (): void => {
        cancel();
        this.#underWay.delete(finish);
        resolve();
      };
      this.#underWay.add(finish);
      this.#boot.atEnd(cancel);
    });
  }
}

/** A look shows whether it did anything; that bytes were not written no look can show. */
const isProvable = ({ file, access, name }: Command): boolean =>
  file === "lvm" && access === "write" && name !== "vgextend";

const aimsOf = ({ access }: Command): readonly Aim[] =>
  access === "read" ? ["any"] : ["any", "write"];

const ignore = (): void => undefined;

/** Words for a trouble that passes by itself, and for one that only a change ends. */
const troublesOf = ({ name }: Command): readonly string[] => [
  "  /dev/vdb: read failed after 0 of 4096 at 0: Input/output error",
  ...(name === "lvcreate" || name === "lvextend"
    ? ['  Volume group "fast" has insufficient free space (0 extents): 1 required.']
    : []),
];

const failed = (stderr: string): Ended => ({ exitCode: 5, stdout: "", stderr });

const wordsOf = ({ name, args }: Command, exitCode: number, stderr: string): string => {
  const operands = args.filter(
    (word) => /^--(extents|name|offset)=|^[^-]/.test(word) && word !== name,
  );
  return `${name} ${operands.join(" ")}${exitCode === 0 ? "" : `: ${stderr.trim()}`}`;
};
