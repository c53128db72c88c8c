import type { FileSystem } from "@stowage/api";
import type { Clock, Moment } from "@stowage/clock";
import type { LvmError, LvmRunner } from "@stowage/lvm";
import { checkPath, formattingLane, lvmErrorOf, mkfs, runChecked } from "@stowage/lvm";

type Format = {
  readonly volumeGroup: string;
  readonly volume: string;
  readonly fileSystem: FileSystem;
  /** Called once, when it is over. */
  readonly ended: (outcome: "ok" | "failed") => void;
};

export type FormatState =
  | { readonly kind: "running"; readonly since: Moment }
  /** mkfs has ended well in this very process; LVM's metadata may not say so yet. */
  | { readonly kind: "done" };

/**
 * The mkfs of one group's volumes, in the background, however long they take: never two at a time on
 * one volume, and none a second time after it has ended well.
 */
export class Formats {
  readonly #run: LvmRunner;
  readonly #clock: Clock;
  readonly #failed: (volume: string, error: LvmError) => void;
  readonly #changed: () => void;
  readonly #states = new Map<string, FormatState>();

  constructor(edge: {
    readonly run: LvmRunner;
    readonly clock: Clock;
    readonly failed: (volume: string, error: LvmError) => void;
    /** Called when one has ended. */
    readonly changed: () => void;
  }) {
    this.#run = edge.run;
    this.#clock = edge.clock;
    this.#failed = edge.failed;
    this.#changed = edge.changed;
  }

  get states(): ReadonlyMap<string, FormatState> {
    return this.#states;
  }

  /** Forgets volumes that are gone. */
  keepOnly(volumes: ReadonlySet<string>): void {
    for (const [volume, { kind }] of this.#states) {
      if (kind !== "running" && !volumes.has(volume)) this.#states.delete(volume);
    }
  }

  /** What was done is nothing to a volume that is made under the name now. */
  forget(volume: string): void {
    if (this.#states.get(volume)?.kind === "done") this.#states.delete(volume);
  }

  start(format: Format): void {
    if (this.#states.get(format.volume)?.kind === "running") return;
    this.#states.set(format.volume, { kind: "running", since: this.#clock.moment() });
    void this.#format(format);
  }

  async #format({ volumeGroup, volume, fileSystem, ended }: Format): Promise<void> {
    try {
      const lane = formattingLane(volumeGroup, volume);
      await runChecked(this.#run, checkPath(volumeGroup, volume, lane));
      await runChecked(this.#run, mkfs(volumeGroup, volume, fileSystem));
      this.#states.set(volume, { kind: "done" });
      ended("ok");
    } catch (error) {
      this.#states.delete(volume);
      this.#failed(volume, lvmErrorOf("mkfs", error));
      ended("failed");
    }
    this.#changed();
  }
}
