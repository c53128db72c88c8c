import { hashOf } from "./name-hash.ts";

const empty = 0;
const removed = -1;

/**
 * Numbers under names, many of each. Names are told apart by their hash alone: what is found may be
 * there under another name, and has to be looked at. An eighth of what a Map of texts takes.
 */
export class NameIndex {
  #hashes = new Int32Array(64);
  /** One more than the number, or one of the two above. */
  #values = new Int32Array(64);
  /** Places that are not empty. */
  #taken = 0;
  #count = 0;

  add(name: string, value: number): void {
    if (4 * this.#taken >= 3 * this.#hashes.length) this.#rehash();
    this.#insert(hashOf(name), value + 1);
  }

  /** Takes one of what was added; nothing happens if there is none. */
  remove(name: string, value: number): void {
    const hash = hashOf(name);
    for (const place of this.#places(hash)) {
      if (this.#values[place] !== value + 1) continue;
      this.#values[place] = removed;
      this.#count -= 1;
      return;
    }
  }

  find(name: string): Set<number> {
    const found = new Set<number>();
    for (const place of this.#places(hashOf(name))) found.add((this.#values[place] ?? 0) - 1);
    return found;
  }

  *#places(hash: number): Generator<number> {
    const mask = this.#hashes.length - 1;
    for (let place = hash & mask; this.#values[place] !== empty; place = (place + 1) & mask) {
      if (this.#hashes[place] === hash && this.#values[place] !== removed) yield place;
    }
  }

  #insert(hash: number, value: number): void {
    const mask = this.#hashes.length - 1;
    let place = hash & mask;
    // A claim that waits comes and goes again and again: its old places are used anew, or every look
    // for it would pass them all.
    while ((this.#values[place] ?? empty) > empty) place = (place + 1) & mask;
    if (this.#values[place] === empty) this.#taken += 1;
    this.#hashes[place] = hash;
    this.#values[place] = value;
    this.#count += 1;
  }

  #rehash(): void {
    const hashes = this.#hashes;
    const values = this.#values;
    const size = Math.max(64, 2 ** Math.ceil(Math.log2(2 * this.#count)));
    this.#hashes = new Int32Array(size);
    this.#values = new Int32Array(size);
    this.#taken = 0;
    this.#count = 0;
    for (const [place, value] of values.entries()) {
      if (value !== empty && value !== removed) this.#insert(hashes[place] ?? 0, value);
    }
  }
}
