import type { GroupState } from "../group.ts";

/**
 * A volume group as one would draw it: a row of extents, each of which is somebody's or nobody's.
 * It shares no arithmetic with the real ledger.
 */
export class NaiveGroup {
  readonly #extents: (string | undefined)[];
  readonly #extentSize: number;
  readonly #state: GroupState["kind"];
  readonly #limit: number;
  readonly #names = new Set<string>();

  constructor(options: {
    readonly extents: number;
    readonly extentSize: number;
    readonly state: GroupState["kind"];
    /** How many volumes there can be. */
    readonly limit: number;
  }) {
    this.#extents = Array.from({ length: options.extents }, () => undefined);
    this.#extentSize = options.extentSize;
    this.#state = options.state;
    this.#limit = options.limit;
  }

  free(): number {
    return this.#extents.filter((owner) => owner === undefined).length;
  }

  /** Takes extents for all of these volumes, one after the other; for none if one finds no room. */
  place(volumes: readonly { readonly name: string; readonly size: number }[]): boolean {
    if (this.#state !== "ready" || this.#names.size + volumes.length > this.#limit) return false;
    const taken: number[] = [];
    for (const { name, size } of volumes) {
      let covered = 0;
      do {
        const at = this.#extents.indexOf(undefined);
        if (at < 0) {
          for (const one of taken) this.#extents[one] = undefined;
          return false;
        }
        this.#extents[at] = name;
        taken.push(at);
        covered += this.#extentSize;
      } while (covered < size);
    }
    for (const { name } of volumes) this.#names.add(name);
    return true;
  }
}
