import type { LvmError, LvmRunner } from "@stowage/lvm";
import { lvmErrorOf, pvmove, runChecked } from "@stowage/lvm";

type Move = {
  readonly volumeGroup: string;
  /** Those on which the group lies. */
  readonly devices: readonly string[];
  /** The one to empty. */
  readonly path: string;
  /** Called once, when it is over. */
  readonly ended: (outcome: "ok" | "failed") => void;
};

/**
 * The pvmove that empties a device of one group, in the background. LVM keeps the state of a move in
 * the group's metadata: cut off anywhere, it goes on when it is started again.
 */
export class Moves {
  readonly #run: LvmRunner;
  readonly #failed: (path: string, error: LvmError) => void;
  readonly #changed: () => void;
  #from: string | undefined;

  constructor(edge: {
    readonly run: LvmRunner;
    readonly failed: (path: string, error: LvmError) => void;
    /** Called when a move has ended. */
    readonly changed: () => void;
  }) {
    this.#run = edge.run;
    this.#failed = edge.failed;
    this.#changed = edge.changed;
  }

  /** The device that is being emptied now. */
  get from(): string | undefined {
    return this.#from;
  }

  start(move: Move): void {
    if (this.#from !== undefined) return;
    this.#from = move.path;
    void this.#move(move);
  }

  async #move({ volumeGroup, devices, path, ended }: Move): Promise<void> {
    try {
      await runChecked(this.#run, pvmove(volumeGroup, devices, path));
      ended("ok");
    } catch (error) {
      this.#failed(path, lvmErrorOf("pvmove", error));
      ended("failed");
    }
    this.#from = undefined;
    this.#changed();
  }
}
