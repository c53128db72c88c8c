/** In place of a look that nobody has taken since the last change. */
const unknown = Number.NaN;

/** Pods of a few kinds at a time: those of one StatefulSet all want the same. */
const kept = 4;

/**
 * What looks at the nodes' numbers gave, by the index of the node's seat, for the kinds of demand
 * that were asked about last. kube-scheduler asks twice about each pod, and pods come in rows that
 * want the same; of thousands of nodes few have changed since. Invariant: whoever changes what a look
 * depends on has it forgotten.
 */
export class Looks {
  #size: number;
  /** The one that was used last comes last. */
  readonly #byDemand = new Map<string, Float64Array<ArrayBuffer>>();
  #lent: readonly number[] = [];

  /** @param size how many seats there can be for now. */
  constructor(size: number) {
    this.#size = size;
  }

  /** There can be more seats from now on. */
  resize(size: number): void {
    this.#size = size;
    this.#byDemand.clear();
  }

  /** To be called after each change of a node. */
  forget(index: number): void {
    for (const looks of this.#byDemand.values()) looks[index] = unknown;
  }

  /**
   * The looks for a kind of demand, to be filled by the caller where they are not numbers, and used
   * before anything changes.
   * @param special seats, which are `instead` for this caller.
   */
  of(demand: string, special: ReadonlySet<number>, instead: number): Float64Array<ArrayBuffer> {
    for (const index of this.#lent) this.forget(index);
    this.#lent = [...special];
    const looks = this.#byDemand.get(demand) ?? new Float64Array(this.#size).fill(unknown);
    this.#byDemand.delete(demand);
    this.#byDemand.set(demand, looks);
    for (const index of special) looks[index] = instead;
    for (const oldest of this.#byDemand.keys()) {
      if (this.#byDemand.size <= kept) break;
      this.#byDemand.delete(oldest);
    }
    return looks;
  }
}
