import type { Bytes } from "@stowage/capacity";
import { bytes, describeRoom } from "@stowage/capacity";
import { copyText } from "./byte-views.ts";

/** In place of the free room of a group about which nothing can be said from numbers alone. */
const unsaid = -1;

/** Where the numbers of one seat lie, from index * stride on: a cache line holds two seats. */
const stride = 4;
const extentSizeAt = 1;
const sizeAt = 2;

/** Room for the words of one seat: their length, then the words. */
const wordsStride = 32;

/**
 * The numbers of all groups of one name, by the index of the node's seat, so that a call about
 * thousands of nodes reads one array instead of objects all over the heap. Only what is usual is in
 * here: a group that is ready and far from its limit of volumes, as one sees it who has nothing
 * there. In bytes.
 */
export class Columns {
  #numbers = new Float64Array(0);
  #words = new DataView(new ArrayBuffer(0));
  /** How long the words of a room are at most. */
  static readonly wordsLimit = wordsStride - 1;
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

  write(
    index: number,
    { free, extentSize, size }: { free: Bytes; extentSize: Bytes; size: Bytes },
  ): void {
    const at = index * stride;
    if (at >= this.#numbers.length) this.#grow(index + 1);
    this.#numbers[at] = free;
    this.#numbers[at + extentSizeAt] = extentSize;
    this.#numbers[at + sizeAt] = size;
    this.#words.setUint8(index * wordsStride, 0);
  }

  erase(index: number): void {
    if (index * stride >= this.#numbers.length) return;
    this.#numbers[index * stride] = unsaid;
    this.#words.setUint8(index * wordsStride, 0);
  }

  /** Writes the room in words at an offset, as the end of a JSON string and the comma after it. */
  copyWords(index: number, to: DataView, at: number): number {
    const start = index * wordsStride;
    if (this.#words.getUint8(start) === 0) this.#describe(index);
    const words = this.#words;
    return copyText(to, at, words, start + 1, start + 1 + words.getUint8(start));
  }

  /** Sizes in words are plain ASCII, and shorter than a stride. */
  #describe(index: number): void {
    const text = describeRoom({ free: bytes(this.free(index)), size: bytes(this.size(index)) });
    const words = Buffer.from(`${text}",`, "latin1");
    const start = index * wordsStride;
    this.#words.setUint8(start, words.length);
    for (const [at, letter] of words.entries()) this.#words.setUint8(start + 1 + at, letter);
  }

  #grow(least: number): void {
    const count = Math.max(64, 2 ** Math.ceil(Math.log2(least)));
    const numbers = new Float64Array(count * stride).fill(unsaid);
    numbers.set(this.#numbers);
    const words = new Uint8Array(count * wordsStride);
    words.set(new Uint8Array(this.#words.buffer));
    this.#numbers = numbers;
    this.#words = new DataView(words.buffer);
  }
}
