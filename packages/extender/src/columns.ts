import type { Bytes } from "@stowage/capacity";
import { bytes } from "@stowage/capacity";

/** In place of the free room of a group about which nothing can be said from numbers alone. */
const unsaid = -1;

/** Where the numbers of one seat lie, from index * stride on: a cache line holds two seats. */
const stride = 4;
const sizeAt = 1;
const bookedAt = 2;
const extentSizeAt = 3;

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
  /** How many groups have extents of which size. */
  readonly #extentSizes = new Map<number, number>();
  /** How many volumes one can ask for at once without coming near the limit of a group's list. */
  static readonly margin = 64;

  /** Negative if nothing is said of the group. */
  free(index: number): number {
    return this.#numbers[index * stride] ?? unsaid;
  }

  /** Of all groups' extents; undefined where they are not alike, which is rare. */
  get extentSize(): Bytes | undefined {
    const [size, ...others] = this.#extentSizes.keys();
    return size === undefined || others.length > 0 ? undefined : bytes(size);
  }

  size(index: number): number {
    return this.#numbers[index * stride + sizeAt] ?? 0;
  }

  booked(index: number): number {
    return this.#numbers[index * stride + bookedAt] ?? 0;
  }

  write(index: number, { free, extentSize, size, booked }: Numbers): void {
    this.erase(index);
    const at = index * stride;
    if (at >= this.#numbers.length) this.#grow(index + 1);
    this.#numbers[at] = free;
    this.#numbers[at + sizeAt] = size;
    this.#numbers[at + bookedAt] = booked;
    this.#numbers[at + extentSizeAt] = extentSize;
    this.#count(extentSize, 1);
  }

  erase(index: number): void {
    if (this.free(index) < 0) return;
    this.#numbers[index * stride] = unsaid;
    this.#count(this.#numbers[index * stride + extentSizeAt] ?? 0, -1);
  }

  #count(extentSize: number, more: 1 | -1): void {
    const count = (this.#extentSizes.get(extentSize) ?? 0) + more;
    if (count === 0) this.#extentSizes.delete(extentSize);
    else this.#extentSizes.set(extentSize, count);
  }

  #grow(least: number): void {
    const count = Math.max(64, 2 ** Math.ceil(Math.log2(least)));
    const numbers = new Float64Array(count * stride).fill(unsaid);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}
