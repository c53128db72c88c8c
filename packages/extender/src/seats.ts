import type { Finder } from "./asked-nodes.ts";
import type { CachedNode } from "./cached.ts";
import type { Account, VolumeGroup } from "./ledger.ts";
import { Looks } from "./looks.ts";
import { NameTable } from "./name-table.ts";
import type { Tokens } from "./tokens.ts";

const noAgents: readonly string[] = [];
const noAccounts: readonly Account[] = [];

/** All that is known of one node. */
export class Seat {
  readonly name: string;
  /** Its place in every column; free for another node once the seat is left. */
  readonly index: number;
  node: CachedNode | undefined;
  /** Names of its ready agent pods: two of them while one replaces the other. */
  readyAgents: readonly string[] = noAgents;
  /** One for each group that is on the node or has something held there. */
  accounts: readonly Account[] = noAccounts;

  constructor(name: string, index: number) {
    this.name = name;
    this.index = index;
  }

  account(group: VolumeGroup): Account | undefined {
    return this.accounts.find((account) => account.group === group);
  }
}

/** The nodes by name, each with a number for as long as anything is known of it. */
export class Seats implements Finder {
  readonly #byName = new Map<string, Seat>();
  readonly #seats: (Seat | undefined)[] = [];
  readonly #vacant: number[] = [];
  readonly #names = new NameTable();
  /** 1 where an agent is ready. */
  #ready = new Uint8Array(64);
  /** Whoever changes anything of a seat has its looks forgotten. */
  readonly looks = new Looks(64);

  get(name: string): Seat | undefined {
    return this.#byName.get(name);
  }

  at(index: number): Seat | undefined {
    return this.#seats[index];
  }

  readNames(json: DataView, at: number, tokens: Tokens): number {
    return this.#names.read(json, at, tokens);
  }

  isReady(index: number): boolean {
    return this.#ready[index] === 1;
  }

  /** To be called after each change of the seat's readyAgents. */
  readyChanged({ index, readyAgents }: Seat): void {
    this.#ready[index] = readyAgents.length > 0 ? 1 : 0;
    this.looks.forget(index);
  }

  /** The seat of that name, a new one if there is none. */
  take(name: string): Seat {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const seat = new Seat(name, this.#vacant.pop() ?? this.#seats.length);
    this.#byName.set(name, seat);
    this.#seats[seat.index] = seat;
    this.#names.add(name, seat.index);
    if (seat.index >= this.#ready.length) this.#grow();
    return seat;
  }

  /** Forgets the seat if nothing is known of its node any more. */
  leave(seat: Seat): void {
    if (seat.node !== undefined || seat.readyAgents.length > 0 || seat.accounts.length > 0) return;
    if (!this.#byName.delete(seat.name)) return;
    this.#seats[seat.index] = undefined;
    this.#vacant.push(seat.index);
    this.#names.remove(seat.index);
  }

  #grow(): void {
    const ready = new Uint8Array(2 * this.#ready.length);
    ready.set(this.#ready);
    this.#ready = ready;
    this.looks.resize(ready.length);
  }
}
