import type { NodeLocalStorage, VolumeEntry } from "@stowage/api";
import { groupOf } from "@stowage/api";
import type { Bytes, Group, Reservation } from "@stowage/capacity";
import { free, reservationLimit } from "@stowage/capacity";
import { Columns } from "./columns.ts";
import type { Seat, Seats } from "./seats.ts";

/**
 * Why a claim holds room: its selected-node names the node, or our own scores made the node the
 * likely one for its pod. The first is the scheduler's word and replaces the second.
 */
export type HoldKind = "selected" | "promised";

/** Room that a claim holds in a group in which it has no entry yet. */
export type Hold = {
  readonly kind: HoldKind;
  /** namespace/name of the claim. */
  readonly claim: string;
  readonly node: string;
  readonly volumeGroup: string;
  readonly reservation: Reservation;
};

/** One group on one node with all that is promised in it to others. */
export type Room = {
  /** The group without its list: what is promised is already taken off allocatable. */
  readonly brief: Group;
  /** The same with the list, where its length matters. */
  readonly allocatable: Bytes;
  readonly reservations: readonly Reservation[];
  /** Those of the reservations that are entries in spec.volumes. */
  readonly entries: readonly VolumeEntry[];
  /** Those of the reservations that are no entries yet. */
  readonly holds: readonly Hold[];
  /** Names of one's own entries in the group, tombstones left out. */
  readonly placed: readonly string[];
};

/** Whose holds and entries are not counted as others'. */
export type Own = {
  /** Keys of the claims. */
  readonly claims: readonly string[];
  /** Names of their volumes. */
  readonly volumes: readonly string[];
};

/** All groups of one name. Identity is what counts: there is one object for each name. */
export type VolumeGroup = {
  readonly name: string;
  accounts: number;
  readonly columns: Columns;
};

/** What the ledger has of one group on one node. */
export type Account = {
  readonly group: VolumeGroup;
  readonly seat: Seat;
  storage: NodeLocalStorage | undefined;
  /** By kind, then by claim; undefined while nobody holds anything, as in most accounts. */
  holds: Record<HoldKind, Map<string, Hold>> | undefined;
  /** As one sees it who has nothing there. Computed when first asked for after a change. */
  room: Room | undefined;
};

/** The rooms as one pod sees them. */
export type Rooms = {
  /** undefined where there is no such group. */
  room(volumeGroup: string, seat: Seat): Room | undefined;
  /** The indices of the seats where the pod's claims have something: columns do not hold there. */
  readonly special: ReadonlySet<number>;
};

const nobody: Own = { claims: [], volumes: [] };

/**
 * The rooms of all groups, kept up with each change, so that a call with thousands of nodes adds
 * nothing up. Invariant: a claim counts once in a group, however many reasons it has to.
 */
export class Ledger {
  readonly #seats: Seats;
  readonly #groups = new Map<string, VolumeGroup>();
  /** Where a claim (by key) has a hold and a volume (by name) an entry: few of each, so that a call
   * need not look for them on each node. Mostly one. */
  readonly #places = new Map<string, Account | Set<Account>>();

  constructor(seats: Seats) {
    this.#seats = seats;
  }

  group(name: string): VolumeGroup | undefined {
    return this.#groups.get(name);
  }

  setStorage(storage: NodeLocalStorage): void {
    const account = this.#open(storage.spec.volumeGroup, storage.spec.nodeName);
    this.#replace(account, storage);
  }

  removeStorage({ metadata, spec }: NodeLocalStorage): void {
    const account = this.#find(spec.volumeGroup, spec.nodeName);
    if (account?.storage?.metadata.name !== metadata.name) return;
    this.#replace(account, undefined);
    this.#close(account);
  }

  hold(hold: Hold): void {
    const account = this.#open(hold.volumeGroup, hold.node);
    account.holds ??= { selected: new Map(), promised: new Map() };
    account.holds[hold.kind].set(hold.claim, hold);
    forget(account);
    this.#enter(hold.claim, account);
  }

  release({ kind, claim, volumeGroup, node }: Hold): void {
    const account = this.#find(volumeGroup, node);
    if (account?.holds === undefined) return;
    const { selected, promised } = account.holds;
    account.holds[kind].delete(claim);
    forget(account);
    if (!selected.has(claim) && !promised.has(claim)) this.#leave(claim, account);
    if (selected.size + promised.size === 0) account.holds = undefined;
    this.#close(account);
  }

  /** The rooms with what `own` claims hold counted as free, and their entries told. */
  seenBy(own: Own): Rooms {
    const places = new Set<Account>();
    for (const name of [...own.claims, ...own.volumes]) {
      for (const account of accountsOf(this.#places.get(name))) places.add(account);
    }
    const of = (account: Account): Room | undefined => {
      if (account.storage === undefined) return undefined;
      if (places.has(account)) return roomOf(account, account.storage, own);
      account.room ??= roomOf(account, account.storage, nobody);
      account.group.columns.write(account.seat.index, account.room);
      return account.room;
    };
    return {
      special: new Set([...places].map(({ seat }) => seat.index)),
      room: (volumeGroup, seat) => {
        const group = this.#groups.get(volumeGroup);
        const account = group === undefined ? undefined : seat.account(group);
        return account === undefined ? undefined : of(account);
      },
    };
  }

  #find(volumeGroup: string, node: string): Account | undefined {
    const group = this.#groups.get(volumeGroup);
    return group === undefined ? undefined : this.#seats.get(node)?.account(group);
  }

  #open(volumeGroup: string, node: string): Account {
    const group = this.#groups.get(volumeGroup) ?? {
      name: volumeGroup,
      accounts: 0,
      columns: new Columns(),
    };
    this.#groups.set(volumeGroup, group);
    const seat = this.#seats.take(node);
    const known = seat.account(group);
    if (known !== undefined) return known;
    const account = { group, seat, storage: undefined, holds: undefined, room: undefined };
    seat.accounts.push(account);
    group.accounts += 1;
    return account;
  }

  #close(account: Account): void {
    const { storage, holds, seat, group } = account;
    if (storage !== undefined || holds !== undefined) return;
    seat.accounts.splice(seat.accounts.indexOf(account), 1);
    this.#seats.leave(seat);
    group.accounts -= 1;
    if (group.accounts === 0) this.#groups.delete(group.name);
  }

  #replace(account: Account, storage: NodeLocalStorage | undefined): void {
    const before = new Set(account.storage?.spec.volumes.map(({ name }) => name));
    const after = new Set(storage?.spec.volumes.map(({ name }) => name));
    for (const name of before) if (!after.has(name)) this.#leave(name, account);
    for (const name of after) if (!before.has(name)) this.#enter(name, account);
    account.storage = storage;
    forget(account);
  }

  #enter(name: string, account: Account): void {
    const places = this.#places.get(name);
    if (places === undefined) this.#places.set(name, account);
    else if (places instanceof Set) places.add(account);
    else if (places !== account) this.#places.set(name, new Set([places, account]));
  }

  #leave(name: string, account: Account): void {
    const places = this.#places.get(name);
    if (places === account) this.#places.delete(name);
    if (!(places instanceof Set)) return;
    places.delete(account);
    if (places.size === 0) this.#places.delete(name);
  }
}

const forget = (account: Account): void => {
  account.room = undefined;
  account.group.columns.erase(account.seat.index);
};

const accountsOf = (places: Account | Set<Account> | undefined): Iterable<Account> =>
  places === undefined ? [] : places instanceof Set ? places : [places];

const noHolds: readonly Hold[] = [];
const noReservations: readonly Reservation[] = [];

const roomOf = (account: Account, storage: NodeLocalStorage, own: Own): Room => {
  const entries = storage.spec.volumes;
  const holds = holdsIn(account, entries, own);
  const base = groupOf(storage);
  const reservations =
    holds.length === 0
      ? base.reservations
      : [...base.reservations, ...holds.map(({ reservation }) => reservation)];
  return {
    brief: { ...base, allocatable: free({ ...base, reservations }), reservations: noReservations },
    allocatable: base.allocatable,
    reservations,
    entries,
    holds,
    placed:
      own.volumes.length === 0
        ? []
        : own.volumes.filter((volume) =>
            entries.some((entry) => entry.name === volume && entry.delete !== true),
          ),
  };
};

const holdsIn = (
  { holds }: Account,
  entries: readonly VolumeEntry[],
  own: Own,
): readonly Hold[] => {
  if (holds === undefined) return noHolds;
  const names = new Set(entries.map(({ name }) => name));
  const counts = ({ claim, reservation }: Hold): boolean =>
    !own.claims.includes(claim) && !names.has(reservation.name);
  const selected = [...holds.selected.values()].filter(counts);
  const promised = [...holds.promised.values()].filter(
    (hold) => !holds.selected.has(hold.claim) && counts(hold),
  );
  return [...selected, ...promised];
};

/**
 * The ledger to ask about `count` more volumes. Both give the same answer; the long one is needed
 * only where the length of its list decides.
 */
export const ledgerFor = (room: Room, count: number): Group =>
  room.reservations.length + count > reservationLimit
    ? { ...room.brief, allocatable: room.allocatable, reservations: room.reservations }
    : room.brief;
