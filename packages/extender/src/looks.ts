/** Pods of a few kinds at a time: those of one StatefulSet all want the same. */
const kept = 4;

type Kept = {
  readonly looks: Float64Array<ArrayBuffer>;
  /** Seats of which something changed since the look. */
  readonly changed: Set<number>;
};

/**
 * What looks at the nodes' numbers gave, by the index of the node's seat, for the kinds of demand
 * that were asked about last. kube-scheduler asks twice about each pod, and pods come in rows that
 * want the same; of thousands of nodes few have changed since. Invariant: whoever changes what a look
 * depends on has it forgotten.
 */
export class Looks {
  #size: number;
  /** The one that was used last comes last. */
  readonly #byDemand = new Map<string, Kept>();
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
    for (const { changed } of this.#byDemand.values()) changed.add(index);
  }

  /**
   * The looks for a kind of demand, to be used before anything changes.
   * @param look what is to be known of a seat.
   * @param special seats, which are `instead` for this caller.
   */
  of(
    demand: string,
    look: (index: number) => number,
    special: ReadonlySet<number>,
    instead: number,
  ): Float64Array<ArrayBuffer> {
    for (const index of this.#lent) this.forget(index);
    this.#lent = [...special];
    const { looks, changed } = this.#byDemand.get(demand) ?? this.#all(look);
    for (const index of changed) looks[index] = look(index);
    changed.clear();
    this.#byDemand.delete(demand);
    this.#byDemand.set(demand, { looks, changed });
    for (const index of special) looks[index] = instead;
    for (const oldest of this.#byDemand.keys()) {
      if (this.#byDemand.size <= kept) break;
      this.#byDemand.delete(oldest);
    }
    return looks;
  }

  #all(look: (index: number) => number): Kept {
    const looks = new Float64Array(this.#size);
    for (let index = 0; index < this.#size; index += 1) looks[index] = look(index);
    return { looks, changed: new Set() };
  }
}
