import type { Bytes } from "@stowage/capacity";

/** In place of the free room of a group about which nothing can be said from numbers alone. */
const unsaid = -1;

/** Where the numbers of one seat lie, from index * stride on: a cache line holds two seats. */
const stride = 4;
const extentSizeAt = 1;
const sizeAt = 2;
const bookedAt = 3;

/** What there is of a group on a node, in bytes. */
type Numbers = {
  readonly free: Bytes;
  readonly extentSize: Bytes;
  readonly size: Bytes;
  readonly booked: Bytes;
};

/**
 * The numbers of all groups of one name, by the index of the node's seat, so that a call about
 * thousands of nodes reads one array instead of objects all over the heap. Only what is usual is in
 * here: a group that is ready and far from its limit of volumes, as one sees it who has nothing
 * there.
 */
export class Columns {
  #numbers = new Float64Array(0);
  /** How many volumes one can ask for at once without coming near the limit of a group's list. */
  static readonly margin = 64;

  /** Negative if nothing is said of the group. */
  free(index: number): number {
    return this.#numbers[index * stride] ?? unsaid;
  }

  extentSize(index: number): number {
    return this.#numbers[index * stride + extentSizeAt] ?? 0;
  }

  size(index: number): number {
    return this.#numbers[index * stride + sizeAt] ?? 0;
  }

  booked(index: number): number {
    return this.#numbers[index * stride + bookedAt] ?? 0;
  }

  write(index: number, { free, extentSize, size, booked }: Numbers): void {
    const at = index * stride;
    if (at >= this.#numbers.length) this.#grow(index + 1);
    this.#numbers[at] = free;
    this.#numbers[at + extentSizeAt] = extentSize;
    this.#numbers[at + sizeAt] = size;
    this.#numbers[at + bookedAt] = booked;
  }

  erase(index: number): void {
    if (index * stride < this.#numbers.length) this.#numbers[index * stride] = unsaid;
  }

  #grow(least: number): void {
    const count = Math.max(64, 2 ** Math.ceil(Math.log2(least)));
    const numbers = new Float64Array(count * stride).fill(unsaid);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}
