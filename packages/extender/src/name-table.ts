import { addWord, firstHash, hashOfBytes, lastHash } from "./name-hash.ts";
import type { Tokens } from "./tokens.ts";
import { isPlain } from "./tokens.ts";

const nobody = -1;

const quote = 0x22;
/** As a little-endian number. */
const commaAndQuote = 0x222c;
/** A quote in each byte of a word. */
const quotes = 0x22222222;

const stride = 4;
const nextAt = 1;
const startAt = 2;
const lengthAt = 3;

/** How many names more there is room for at a time. */
const block = 1024;

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
   */
  read(json: DataView, at: number, tokens: Tokens): number {
    let next = at;
    for (;;) {
      tokens.reserve(block);
      const last = tokens.count + block;
      next = this.#readBlock(json, next, tokens, last);
      if (tokens.count < last || json.getUint8(next) !== quote) return next;
    }
  }

  /**
   * As `read`, until there are `last` tokens. What is used for each of thousands of names is in a
   * constant: V8 would load a field, or a variable, anew each time.
   */
  #readBlock(json: DataView, at: number, tokens: Tokens, last: number): number {
    const buckets = this.#buckets;
    const rows = this.#rows;
    const names = this.#names;
    const { starts, ends, hashes, seats } = tokens;
    const mask = buckets.length - 1;
    const lastWord = json.byteLength - 4;
    let count = tokens.count;
    let start = at + 1;
    // Of the last name: names of nodes are often equally long.
    let length = 0;
    while (count < last && start + length <= lastWord) {
      let end = start + length;
      if (json.getUint8(end) !== quote) {
        end = quoteFrom(json, start);
        if (end < 0) break;
        length = end - start;
      }
      const words = start + (length & ~3);
      // What follows the last letters is not the name's.
      const rest = (1 << (8 * (length & 3))) - 1;
      let hash = firstHash;
      let next = start;
      for (; next < words; next += 4) hash = addWord(hash, json.getInt32(next, true));
      hash = lastHash(addWord(hash, json.getInt32(next, true) & rest));

      let index = buckets[hash & mask] ?? nobody;
      while (index >= 0) {
        const row = index * stride;
        if (rows[row] === hash && rows[row + lengthAt] === length) {
          let place = rows[row + startAt] ?? 0;
          next = start;
          while (next < words && names.getInt32(place, true) === json.getInt32(next, true)) {
            next += 4;
            place += 4;
          }
          const differ = names.getInt32(place, true) ^ json.getInt32(next, true);
          if (next === words && (differ & rest) === 0) break;
        }
        index = rows[row + nextAt] ?? nobody;
      }
      if (index < 0) {
        // It may be a shorter one, with another name's quote where its own was looked for.
        const first = quoteFrom(json, start);
        if (first < 0 || first === end) break;
        length = first - start;
        continue;
      }
      starts[count] = start - 1;
      ends[count] = end + 1;
      hashes[count] = hash;
      seats[count] = index;
      count += 1;
      start = end + 3;
      if (start > json.byteLength || json.getUint16(end + 1, true) !== commaAndQuote) {
        start = end + 2;
        break;
      }
    }
    tokens.count = count;
    return start - 1;
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

/** Not 0 if a byte of the word is 0; the lowest bit that is set tells which is the first. */
const zeroByte = (word: number): number => (word - 0x01010101) & ~word & 0x80808080;

/** The offset of the first quote from `at` on; negative if there is none with a whole word behind it. */
const quoteFrom = (json: DataView, at: number): number => {
  const lastWord = json.byteLength - 4;
  for (let next = at; next <= lastWord; next += 4) {
    const found = zeroByte(json.getInt32(next, true) ^ quotes);
    if (found === 0) continue;
    const end = next + 3 - (Math.clz32(found & -found) >> 3);
    return end <= lastWord ? end : -1;
  }
  return -1;
};
