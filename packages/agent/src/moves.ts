import type { LvmRunner } from "@stowage/lvm";
import { LvmError, pvmove, runChecked } from "@stowage/lvm";

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

  start(volumeGroup: string, devices: readonly string[], path: string): void {
    if (this.#from !== undefined) return;
    this.#from = path;
    void this.#move(volumeGroup, devices, path);
  }

  async #move(volumeGroup: string, devices: readonly string[], path: string): Promise<void> {
    try {
      await runChecked(this.#run, pvmove(volumeGroup, devices, path));
    } catch (error) {
      this.#failed(
        path,
        error instanceof LvmError
          ? error
          : new LvmError("lvm_failed", { command: "pvmove", detail: String(error), cause: error }),
      );
    }
    this.#from = undefined;
    this.#changed();
  }
}
