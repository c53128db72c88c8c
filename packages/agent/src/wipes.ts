import type { Bytes } from "@stowage/capacity";
import { add, bytes, mib, subtract } from "@stowage/capacity";
import type { Clock } from "@stowage/clock";
import { elapsed, seconds } from "@stowage/clock";
import type { LvmRunner, WipeMethod } from "@stowage/lvm";
import { flushVolume, LvmError, runChecked, wipePart } from "@stowage/lvm";

export type Wipe = {
  readonly volumeGroup: string;
  readonly volume: string;
  readonly size: Bytes;
  readonly method: WipeMethod;
  /** What an earlier attempt has wiped already. */
  readonly from: Bytes;
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
 * what is done twice after a restart is little.
 */
const partSize = mib(256);

/** Progress is flushed and told about this often. */
const reportPeriod = seconds(10);

/**
 * Wipes the condemned volumes of one group in the background, one after another: never two at a
 * time on one volume, and never in the way of LVM's own commands.
 */
export class Wipes {
  readonly #run: LvmRunner;
  readonly #clock: Clock;
  readonly #failed: (volume: string, error: LvmError) => void;
  readonly #changed: () => void;
  readonly #states = new Map<string, WipeState>();
  #last: Promise<void> = Promise.resolve();

  constructor(edge: {
    readonly run: LvmRunner;
    readonly clock: Clock;
    readonly failed: (volume: string, error: LvmError) => void;
    /** Called when a state has changed. */
    readonly changed: () => void;
  }) {
    this.#run = edge.run;
    this.#clock = edge.clock;
    this.#failed = edge.failed;
    this.#changed = edge.changed;
  }

  get states(): ReadonlyMap<string, WipeState> {
    return this.#states;
  }

  /** Forgets volumes that are gone. */
  keepOnly(volumes: ReadonlySet<string>): void {
    for (const [volume, { kind }] of this.#states) {
      if (kind !== "running" && !volumes.has(volume)) this.#states.delete(volume);
    }
  }

  start(wipe: Wipe): void {
    if (this.#states.get(wipe.volume)?.kind === "running") return;
    this.#states.set(wipe.volume, { kind: "running", wiped: wipe.from });
    this.#last = this.#last.then(() => this.#wipe(wipe));
  }

  async #wipe(wipe: Wipe): Promise<void> {
    const { volume } = wipe;
    try {
      await this.#parts(wipe);
      this.#states.set(volume, { kind: "wiped" });
      wipe.ended("ok");
    } catch (error) {
      const wiped = this.#wipedOf(volume);
      this.#states.set(volume, { kind: "stopped", wiped });
      this.#failed(volume, lvmError(error));
      wipe.ended("failed");
    }
    this.#changed();
  }

  async #parts({ volumeGroup, volume, size, method, from }: Wipe): Promise<void> {
    let by = method;
    let offset = from;
    let reportedAt = this.#clock.moment();
    while (offset < size) {
      const length = bytes(Math.min(partSize, subtract(size, offset)));
      try {
        await runChecked(this.#run, wipePart(volumeGroup, volume, by, { offset, length }));
      } catch (error) {
        const refused = error instanceof LvmError && error.code === "not_supported";
        if (!refused || by === "zero") throw error;
        // A disk that cannot discard: its data must not stay for that.
        by = "zero";
        continue;
      }
      offset = add(offset, length);
      const now = this.#clock.moment();
      if (elapsed(reportedAt, now) < reportPeriod) continue;
      await runChecked(this.#run, flushVolume(volumeGroup, volume));
      this.#states.set(volume, { kind: "running", wiped: offset });
      this.#changed();
      reportedAt = now;
    }
    await runChecked(this.#run, flushVolume(volumeGroup, volume));
  }

  #wipedOf(volume: string): Bytes {
    const state = this.#states.get(volume);
    return state === undefined || state.kind === "wiped" ? bytes(0) : state.wiped;
  }
}

const lvmError = (error: unknown): LvmError =>
  error instanceof LvmError
    ? error
    : new LvmError("lvm_failed", { command: "wipe", detail: String(error), cause: error });
