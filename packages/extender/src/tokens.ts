/** In place of a hash: the name has other characters than plain ones. No hash is negative. */
export const unusual = -1;

/** In place of an index: no node that is known has the name. */
export const nobody = -1;

const quote = 0x22;
const backslash = 0x5c;

/** Is it the same in JSON and out of it, and one byte a letter? */
export const isPlain = (name: Buffer): boolean =>
  name.every((code) => code >= 0x20 && code < 0x80 && code !== quote && code !== backslash);

/** Where the names are, their quotes included, the hash of each and who has it. */
export class Tokens {
  count = 0;
  /** Are all names plain? */
  plain = true;
  starts: Int32Array<ArrayBuffer>;
  ends: Int32Array<ArrayBuffer>;
  hashes: Int32Array<ArrayBuffer>;
  /** The index of each name's seat, for as long as no change is seen; or nobody. */
  seats: Int32Array<ArrayBuffer>;

  /** @param size that will probably do. */
  constructor(size: number) {
    this.starts = new Int32Array(size);
    this.ends = new Int32Array(size);
    this.hashes = new Int32Array(size);
    this.seats = new Int32Array(size);
  }

  /** Forgets all, to be used again. */
  clear(): void {
    this.count = 0;
    this.plain = true;
  }

  add(start: number, end: number, hash: number, seat: number): void {
    this.reserve(1);
    if (hash === unusual) this.plain = false;
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.hashes[this.count] = hash;
    this.seats[this.count] = seat;
    this.count += 1;
  }

  /** Makes room in the lists for so many more. */
  reserve(more: number): void {
    if (this.count + more <= this.starts.length) return;
    const size = Math.max(2 * this.starts.length, this.count + more);
    this.starts = longer(this.starts, size);
    this.ends = longer(this.ends, size);
    this.hashes = longer(this.hashes, size);
    this.seats = longer(this.seats, size);
  }
}

const longer = (list: Int32Array<ArrayBuffer>, size: number): Int32Array<ArrayBuffer> => {
  const copy = new Int32Array(size);
  copy.set(list);
  return copy;
};
