import { hashOfBytes } from "./name-hash.ts";
import { nextName, scanNames } from "./name-scan.ts";
import type { Tokens } from "./tokens.ts";
import { isPlain, nobody } from "./tokens.ts";

const quote = 0x22;

const stride = 4;
const nextAt = 1;
const startAt = 2;
const lengthAt = 3;

/** How many names are in a block. */
const shortest = 16;
const longest = 256;

/**
 * Numbers by name, to be found by the bytes of a request without making texts of them: a hash table
 * with chains, at most one name a bucket on average. It lies in a few arrays of numbers, since
 * looking at thousands of objects all over the heap is waiting for memory.
 */
export class NameTable {
  #buckets = new Int32Array(64).fill(nobody);
  /** From index * stride on: the hash, the next index in the bucket, where the name lies in #names
   * and its length, which is 0 for an index that is free. */
  #rows = new Int32Array(64 * stride);
  #names = new DataView(new ArrayBuffer(4096));
  #namesEnd = 0;

  /** @param index that no other name has; small, for there is a row for each up to it. */
  add(name: string, index: number): void {
    const bytes = Buffer.from(name);
    // Others are never looked for here.
    if (!isPlain(bytes) || bytes.length === 0) return;
    while (index * stride >= this.#rows.length) this.#grow();
    this.#write(bytes, index);
    this.#rows[index * stride] = hashOfBytes(bytes);
    this.#link(index);
  }

  remove(index: number): void {
    const rows = this.#rows;
    if ((rows[index * stride + lengthAt] ?? 0) === 0) return;
    const bucket = (rows[index * stride] ?? 0) & (this.#buckets.length - 1);
    const next = rows[index * stride + nextAt] ?? nobody;
    let before = this.#buckets[bucket] ?? nobody;
    if (before === index) {
      this.#buckets[bucket] = next;
    } else {
      while (rows[before * stride + nextAt] !== index) {
        before = rows[before * stride + nextAt] ?? nobody;
      }
      rows[before * stride + nextAt] = next;
    }
    rows[index * stride + lengthAt] = 0;
  }

  /**
   * Adds to `tokens` the names of a JSON list from the quote at `at` on, for as long as they are in
   * the table and follow each other as Go writes them, without white space. The offset after the last
   * one, or that of the quote before the first name that is not in the table. A name that is in it
   * byte for byte needs no other check: it has nothing that JSON would escape.
   *
   * Names are dealt with in blocks, step by step: while a step waits for memory at one name, the
   * processor is at the next ones already. A block after an unknown name is short, for what follows
   * the next one is scanned in vain.
   */
  read(json: DataView, at: number, tokens: Tokens): number {
    let next = at;
    for (let size = shortest; ; size = Math.min(2 * size, longest)) {
      tokens.reserve(size);
      const first = tokens.count;
      const last = scanNames(json, next, tokens, first + size);
      this.#lookUp(tokens, first, last);
      this.#match(tokens, first, last);
      const known = this.#compare(json, tokens, first, last);
      tokens.count = known;
      if (known < last) return tokens.starts[known] ?? next;
      if (known > first) next = nextName(json, tokens.ends[known - 1] ?? next);
      if (last < first + size || json.getUint8(next) !== quote) return next;
    }
  }

  /** Gives the names between two places the first index of their hash's bucket. */
  #lookUp({ hashes, seats }: Tokens, from: number, to: number): void {
    const buckets = this.#buckets;
    const mask = buckets.length - 1;
    for (let place = from; place < to; place += 1) {
      seats[place] = buckets[(hashes[place] ?? 0) & mask] ?? nobody;
    }
  }

  /** Goes on from there to the first index of the same hash. */
  #match({ hashes, seats }: Tokens, from: number, to: number): void {
    const rows = this.#rows;
    for (let place = from; place < to; place += 1) {
      const hash = hashes[place] ?? 0;
      let index = seats[place] ?? nobody;
      while (index >= 0 && rows[index * stride] !== hash) {
        index = rows[index * stride + nextAt] ?? nobody;
      }
      seats[place] = index;
    }
  }

  /**
   * Gives the names between two places the index of who has them, beginning with the one that they
   * have; the first place whose name nobody has. What is used for each of thousands of names is in a
   * constant: V8 would load a field, or a variable, anew each time.
   */
  #compare(json: DataView, tokens: Tokens, from: number, to: number): number {
    const { starts, ends, seats } = tokens;
    const rows = this.#rows;
    const names = this.#names;
    for (let place = from; place < to; place += 1) {
      const start = (starts[place] ?? 0) + 1;
      const length = (ends[place] ?? 0) - 1 - start;
      let index = seats[place] ?? nobody;
      while (index >= 0) {
        const row = index * stride;
        if (rows[row + lengthAt] === length) {
          if (isSame(names, rows[row + startAt] ?? 0, json, start, length)) break;
        }
        index = rows[row + nextAt] ?? nobody;
      }
      if (index < 0) return place;
      seats[place] = index;
    }
    return to;
  }

  #grow(): void {
    const size = (this.#rows.length / stride) * 2;
    const rows = new Int32Array(size * stride);
    rows.set(this.#rows);
    this.#rows = rows;
    this.#buckets = new Int32Array(4 * size).fill(nobody);
    for (const index of this.#taken()) this.#link(index);
  }

  #link(index: number): void {
    const bucket = (this.#rows[index * stride] ?? 0) & (this.#buckets.length - 1);
    this.#rows[index * stride + nextAt] = this.#buckets[bucket] ?? nobody;
    this.#buckets[bucket] = index;
  }

  #write(name: Buffer, index: number): void {
    if (this.#namesEnd + name.length + 4 > this.#names.byteLength) this.#repack(name.length);
    this.#rows[index * stride + startAt] = this.#namesEnd;
    this.#rows[index * stride + lengthAt] = name.length;
    bytesOf(this.#names).set(name, this.#namesEnd);
    this.#namesEnd += name.length;
  }

  /** Makes room for `more` bytes, without the names that were removed. */
  #repack(more: number): void {
    const rows = this.#rows;
    const old = bytesOf(this.#names);
    const taken = [...this.#taken()];
    const total = taken.reduce((sum, index) => sum + (rows[index * stride + lengthAt] ?? 0), more);
    // Names are looked at a word at a time, also the last one.
    this.#names = new DataView(new ArrayBuffer(2 * total + 4));
    this.#namesEnd = 0;
    for (const index of taken) {
      const start = rows[index * stride + startAt] ?? 0;
      const length = rows[index * stride + lengthAt] ?? 0;
      bytesOf(this.#names).set(old.subarray(start, start + length), this.#namesEnd);
      rows[index * stride + startAt] = this.#namesEnd;
      this.#namesEnd += length;
    }
  }

  *#taken(): Generator<number> {
    for (let index = 0; index * stride < this.#rows.length; index += 1) {
      if ((this.#rows[index * stride + lengthAt] ?? 0) > 0) yield index;
    }
  }
}

const bytesOf = (view: DataView): Uint8Array => new Uint8Array(view.buffer);

/**
 * Whether so many bytes are the same, those of `a` being plain letters. Eight of such, read as a
 * number, are never a NaN, and no two of them are equal numbers; with a NaN on the other side they
 * are not equal either.
 */
const isSame = (a: DataView, atA: number, b: DataView, atB: number, length: number): boolean => {
  const last = length - 8;
  if (last < 0) {
    for (let next = 0; next < length; next += 1) {
      if (a.getUint8(atA + next) !== b.getUint8(atB + next)) return false;
    }
    return true;
  }
  for (let next = 0; next < last; next += 8) {
    if (a.getFloat64(atA + next, true) !== b.getFloat64(atB + next, true)) return false;
  }
  return a.getFloat64(atA + last, true) === b.getFloat64(atB + last, true);
};
