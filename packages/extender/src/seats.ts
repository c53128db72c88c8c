import type { Finder } from "./asked-nodes.ts";
import { isPlain, unusual } from "./asked-nodes.ts";
import type { CachedNode } from "./cached.ts";
import type { Account, VolumeGroup } from "./ledger.ts";
import { hashOfBytes } from "./name-hash.ts";

const noAgents: readonly string[] = [];
const noAccounts: readonly Account[] = [];

/** All that is known of one node. */
export class Seat {
  readonly name: string;
  /** Of the name, as requests are searched for it; `unusual` if they cannot be. */
  readonly hash: number;
  /** Its place in every column; free for another node once the seat is left. */
  readonly index: number;
  node: CachedNode | undefined;
  /** Names of its ready agent pods: two of them while one replaces the other. */
  readyAgents: readonly string[] = noAgents;
  /** One for each group that is on the node or has something held there. */
  accounts: readonly Account[] = noAccounts;

  constructor(name: string, index: number) {
    this.name = name;
    const bytes = Buffer.from(name);
    this.hash = isPlain(bytes) ? hashOfBytes(bytes) : unusual;
    this.index = index;
  }

  account(group: VolumeGroup): Account | undefined {
    return this.accounts.find((account) => account.group === group);
  }
}

const nobody = -1;

const stride = 4;
const nextAt = 1;
const startAt = 2;
const lengthAt = 3;

/**
 * The nodes by name, to be found by the bytes of a request without making texts of them: a hash
 * table with chains, at most one seat a bucket on average. It lies in a few arrays of numbers,
 * since looking at thousands of objects all over the heap is waiting for memory.
 */
export class Seats implements Finder {
  readonly #byName = new Map<string, Seat>();
  readonly #seats: (Seat | undefined)[] = [];
  readonly #vacant: number[] = [];
  #buckets = new Int32Array(64).fill(nobody);
  /** From index * stride on: the hash, the next seat in the bucket, where the name lies in #names
   * and its length. */
  #rows = new Int32Array(64 * stride);
  /** 1 where an agent is ready. */
  #ready = new Uint8Array(64);
  #names = new DataView(new ArrayBuffer(4096));
  #namesEnd = 0;

  get(name: string): Seat | undefined {
    return this.#byName.get(name);
  }

  at(index: number): Seat | undefined {
    return this.#seats[index];
  }

  findPlain(body: DataView, start: number, end: number, hash: number): number {
    const rows = this.#rows;
    let index = this.#buckets[hash & (this.#buckets.length - 1)] ?? nobody;
    while (index >= 0 && !(rows[index * stride] === hash && this.#isAt(index, body, start, end))) {
      index = rows[index * stride + nextAt] ?? nobody;
    }
    return index;
  }

  isReady(index: number): boolean {
    return this.#ready[index] === 1;
  }

  /** To be called after each change of the seat's readyAgents. */
  readyChanged({ index, readyAgents }: Seat): void {
    this.#ready[index] = readyAgents.length > 0 ? 1 : 0;
  }

  /** The seat of that name, a new one if there is none. */
  take(name: string): Seat {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const seat = new Seat(name, this.#vacant.pop() ?? this.#seats.length);
    this.#byName.set(name, seat);
    this.#seats[seat.index] = seat;
    if (seat.index * stride >= this.#rows.length) this.#grow();
    this.#rows[seat.index * stride] = seat.hash;
    this.#writeName(seat);
    this.#link(seat);
    return seat;
  }

  /** Forgets the seat if nothing is known of its node any more. */
  leave(seat: Seat): void {
    if (seat.node !== undefined || seat.readyAgents.length > 0 || seat.accounts.length > 0) return;
    if (!this.#byName.delete(seat.name)) return;
    this.#seats[seat.index] = undefined;
    this.#vacant.push(seat.index);
    const bucket = seat.hash & (this.#buckets.length - 1);
    const next = this.#rows[seat.index * stride + nextAt] ?? nobody;
    let before = this.#buckets[bucket] ?? nobody;
    if (before === seat.index) {
      this.#buckets[bucket] = next;
      return;
    }
    while (this.#rows[before * stride + nextAt] !== seat.index) {
      before = this.#rows[before * stride + nextAt] ?? nobody;
    }
    this.#rows[before * stride + nextAt] = next;
  }

  #isAt(index: number, body: DataView, start: number, end: number): boolean {
    if (this.#rows[index * stride + lengthAt] !== end - start) return false;
    const names = this.#names;
    let at = this.#rows[index * stride + startAt] ?? 0;
    let next = start;
    for (; next + 4 <= end; next += 4) {
      if (names.getInt32(at, true) !== body.getInt32(next, true)) return false;
      at += 4;
    }
    for (; next < end; next += 1) {
      if (names.getUint8(at) !== body.getUint8(next)) return false;
      at += 1;
    }
    return true;
  }

  #grow(): void {
    const size = (this.#rows.length / stride) * 2;
    const rows = new Int32Array(size * stride);
    rows.set(this.#rows);
    this.#rows = rows;
    const ready = new Uint8Array(size);
    ready.set(this.#ready);
    this.#ready = ready;
    this.#buckets = new Int32Array(size).fill(nobody);
    for (const seat of this.#byName.values()) {
      if (seat.index < size / 2) this.#link(seat);
    }
  }

  #link({ hash, index }: Seat): void {
    const bucket = hash & (this.#buckets.length - 1);
    this.#rows[index * stride + nextAt] = this.#buckets[bucket] ?? nobody;
    this.#buckets[bucket] = index;
  }

  #writeName({ name, index }: Seat): void {
    const bytes = Buffer.from(name, "utf8");
    if (this.#namesEnd + bytes.length > this.#names.byteLength) this.#repack(bytes.length);
    this.#rows[index * stride + startAt] = this.#namesEnd;
    this.#rows[index * stride + lengthAt] = bytes.length;
    new Uint8Array(this.#names.buffer).set(bytes, this.#namesEnd);
    this.#namesEnd += bytes.length;
  }

  /** Makes room for `more` bytes, without the names of those who left. */
  #repack(more: number): void {
    const old = new Uint8Array(this.#names.buffer);
    const seats = [...this.#byName.values()];
    let total = more;
    for (const { index } of seats) total += this.#rows[index * stride + lengthAt] ?? 0;
    const names = new Uint8Array(2 * total);
    this.#namesEnd = 0;
    for (const { index } of seats) {
      const start = this.#rows[index * stride + startAt] ?? 0;
      const length = this.#rows[index * stride + lengthAt] ?? 0;
      names.set(old.subarray(start, start + length), this.#namesEnd);
      this.#rows[index * stride + startAt] = this.#namesEnd;
      this.#namesEnd += length;
    }
    this.#names = new DataView(names.buffer);
  }
}
