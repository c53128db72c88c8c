import type { Clock, Moment } from "@stowage/clock";
import { elapsed, minutes } from "@stowage/clock";
import type { Log } from "@stowage/kube";
import type { Dialect, HostFacts, HostMode, LvmRunner } from "@stowage/lvm";
import { dialectOf, readHostFacts } from "@stowage/lvm";

/** What is known of the host: what it is, and what came of it. */
export type HostSeen = HostFacts & {
  /** LVM's words when it could keep no copy of the metadata; undefined while it can. */
  readonly archiveTrouble: string | undefined;
};

/** Settings are changed by hand, seldom. A host that is refused is asked at each look. */
const period = minutes(10);

/** For the questions themselves, which change nothing. */
const beforeAnyLook: Dialect = {
  confinement: "devices",
  udev: "waits",
  archive: { kind: "none" },
  systemId: "host",
};

/** Asks the host what it is, now and then, and remembers it. */
export class Host {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #mode: HostMode;
  #dialect: Dialect;
  #last: { readonly at: Moment; readonly facts: Promise<HostFacts> } | undefined;
  #archiveTrouble: string | undefined;

  constructor(options: { readonly clock: Clock; readonly log: Log; readonly mode: HostMode }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#mode = options.mode;
    this.#dialect = beforeAnyLook;
  }

  /** How its LVM is to be spoken to. */
  get dialect(): Dialect {
    return this.#dialect;
  }

  /** LVM could keep no copy of the metadata, and made the change without one: so for a while. */
  archiveRefused(words: string): void {
    if (this.#archiveTrouble === undefined) {
      this.#log.warn({ error: words }, "LVM keeps no copies of its metadata on this host");
    }
    this.#archiveTrouble = words;
    this.#dialect = { ...this.#dialect, archive: { kind: "none" } };
  }

  archiveKept(): void {
    this.#archiveTrouble = undefined;
  }

  /** @throws LvmError */
  async see(run: LvmRunner): Promise<HostSeen> {
    const now = this.#clock.moment();
    if (this.#last === undefined || elapsed(this.#last.at, now) >= period) {
      this.#last = { at: now, facts: this.#ask(run) };
    }
    const { facts } = this.#last;
    return { ...(await facts), archiveTrouble: this.#archiveTrouble };
  }

  async #ask(run: LvmRunner): Promise<HostFacts> {
    try {
      const facts = await readHostFacts(run, this.#mode);
      this.#dialect = dialectOf(facts, this.#mode);
      const { lvmVersion, confinement, udev } = facts;
      this.#log.debug({}, `LVM ${lvmVersion}, confined by ${confinement}, udev: ${udev}`);
      return facts;
    } catch (error) {
      this.#last = undefined;
      throw error;
    }
  }
}
