import type { Bytes } from "@stowage/capacity";
import { add, bytes, mib, noBytes, subtract } from "@stowage/capacity";
import type { Clock, Moment } from "@stowage/clock";
import { elapsed, seconds } from "@stowage/clock";
import type { LvmRunner, WipeMethod, WipePurpose } from "@stowage/lvm";
import { flushVolume, LvmError, lvmErrorOf, runChecked, wipePart } from "@stowage/lvm";

export type Wipe = {
  readonly volumeGroup: string;
  readonly volume: string;
  readonly size: Bytes;
  readonly method: WipeMethod;
  /** What an earlier attempt has wiped already. */
  readonly from: Bytes;
  /** The look right before the first write; rejects with an LvmError where it must not be written. */
  readonly look: () => Promise<void>;
  /** Called once, when it is over. */
  readonly ended: (outcome: "ok" | "failed") => void;
};

/** How far the wiping of a volume has come. `wiped` counts what surely is on the disk. */
export type WipeState =
  | { readonly kind: "running"; readonly wiped: Bytes }
  /** Cut off, by an error or by the end of an agent. */
  | { readonly kind: "stopped"; readonly wiped: Bytes }
  | { readonly kind: "wiped" };

/**
 * A disk that writes no more than 3 MiB a second still ends a part within the limit of a write, and
 * what is done twice after a restart is little. Of new volumes several take turns, each of which is to
 * show progress before it is given up.
 */
const partSize: Record<WipePurpose, Bytes> = { condemned: mib(256), new: mib(64) };

/** Progress is flushed and told about this often. */
const reportPeriod = seconds(10);

type Turn = {
  readonly wipe: Wipe;
  by: WipeMethod;
  offset: Bytes;
  /** Undefined before the first turn, in which it is looked at. */
  reportedAt: Moment | undefined;
};

/**
 * Wipes volumes of one group in the background, a part at a time: never two at a time on one volume,
 * and never in the way of LVM's own commands. Condemned ones one after another, since that gives room
 * soonest; new ones in turns, since a pod waits for each.
 */
export class Wipes {
  readonly #run: LvmRunner;
  readonly #clock: Clock;
  readonly #purpose: WipePurpose;
  readonly #failed: (volume: string, error: LvmError) => void;
  readonly #changed: () => void;
  readonly #states = new Map<string, WipeState>();
  /** Of those under way that nobody wants any more. */
  readonly #unwanted = new Set<string>();
  readonly #turns: Turn[] = [];
  #work: "idle" | "busy" = "idle";

  constructor(edge: {
    readonly run: LvmRunner;
    readonly clock: Clock;
    readonly purpose: WipePurpose;
    readonly failed: (volume: string, error: LvmError) => void;
    /** Called when a state has changed. */
    readonly changed: () => void;
  }) {
    this.#run = edge.run;
    this.#clock = edge.clock;
    this.#purpose = edge.purpose;
    this.#failed = edge.failed;
    this.#changed = edge.changed;
  }

  get states(): ReadonlyMap<string, WipeState> {
    return this.#states;
  }

  /** Forgets volumes that are gone; those under way end with the part that is being written. */
  keepOnly(volumes: ReadonlySet<string>): void {
    for (const [volume, { kind }] of this.#states) {
      if (volumes.has(volume)) this.#unwanted.delete(volume);
      else if (kind === "running") this.#unwanted.add(volume);
      else this.#states.delete(volume);
    }
  }

  /** What was done is nothing to a volume that is made under the name now. */
  forget(volume: string): void {
    if (this.#states.get(volume)?.kind === "running") this.#unwanted.add(volume);
    else this.#states.delete(volume);
  }

  start(wipe: Wipe): void {
    if (this.#states.get(wipe.volume)?.kind === "running") return;
    this.#states.set(wipe.volume, { kind: "running", wiped: wipe.from });
    this.#turns.push({ wipe, by: wipe.method, offset: wipe.from, reportedAt: undefined });
    if (this.#work === "idle") void this.#takeTurns();
  }

  async #takeTurns(): Promise<void> {
    this.#work = "busy";
    for (let turn = this.#turns.shift(); turn !== undefined; turn = this.#turns.shift()) {
      if ((await this.#take(turn)) === "ended") continue;
      if (this.#purpose === "new") this.#turns.push(turn);
      else this.#turns.unshift(turn);
    }
    this.#work = "idle";
  }

  async #take(turn: Turn): Promise<"ended" | "goes_on"> {
    const { volume, size, ended } = turn.wipe;
    if (this.#unwanted.delete(volume)) {
      this.#states.delete(volume);
      this.#changed();
      return "ended";
    }
    try {
      if (turn.reportedAt === undefined) {
        await turn.wipe.look();
        turn.reportedAt = this.#clock.moment();
      }
      if (turn.offset < size) await this.#part(turn);
      if (turn.offset < size) {
        await this.#report(turn, turn.reportedAt);
        return "goes_on";
      }
      await this.#flush(turn);
      this.#states.set(volume, { kind: "wiped" });
      ended("ok");
    } catch (error) {
      this.#states.set(volume, { kind: "stopped", wiped: this.#wipedOf(volume) });
      this.#failed(volume, lvmErrorOf("wipe", error));
      ended("failed");
    }
    this.#changed();
    return "ended";
  }

  async #part(turn: Turn): Promise<void> {
    const { volumeGroup, volume, size } = turn.wipe;
    const { offset } = turn;
    const length = bytes(Math.min(partSize[this.#purpose], subtract(size, offset)));
    const write = (by: WipeMethod): Promise<string> =>
      runChecked(this.#run, wipePart(volumeGroup, volume, by, { offset, length }, this.#purpose));
    try {
      await write(turn.by);
    } catch (error) {
      const isRefused = error instanceof LvmError && error.code === "not_supported";
      if (!isRefused || turn.by === "zero") throw error;
      // A disk that cannot discard: its data must not stay for that.
      turn.by = "zero";
      await write("zero");
    }
    turn.offset = add(offset, length);
  }

  async #report(turn: Turn, last: Moment): Promise<void> {
    const now = this.#clock.moment();
    if (elapsed(last, now) < reportPeriod) return;
    await this.#flush(turn);
    this.#states.set(turn.wipe.volume, { kind: "running", wiped: turn.offset });
    this.#changed();
    turn.reportedAt = now;
  }

  async #flush({ wipe: { volumeGroup, volume } }: Turn): Promise<void> {
    await runChecked(this.#run, flushVolume(volumeGroup, volume, this.#purpose));
  }

  #wipedOf(volume: string): Bytes {
    const state = this.#states.get(volume);
    return state === undefined || state.kind === "wiped" ? noBytes : state.wiped;
  }
}
