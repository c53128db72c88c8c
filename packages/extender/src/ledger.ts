import { describeRival, DeviceReports } from "@stowage/api";
import type { Bytes, Group, Reservation } from "@stowage/capacity";
import { bytes, reservationLimit, subtract, takenBy } from "@stowage/capacity";
import type { CachedStorage } from "./cached.ts";
import { Columns } from "./columns.ts";
import type { Entries } from "./entries.ts";
import { NameIndex } from "./name-index.ts";
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
  /** The group with all that is promised in it as one reservation. */
  readonly brief: Group;
  readonly entries: Entries;
  /** What others hold that is no entry yet. */
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
  /** Its place in the ledger's list. */
  readonly index: number;
  readonly group: VolumeGroup;
  readonly seat: Seat;
  /** Not ready while another node reports a device of it. */
  storage: CachedStorage | undefined;
  /** By kind, then by claim; undefined while nobody holds anything, as in most accounts. */
  holds: Record<HoldKind, Map<string, Hold>> | undefined;
};

/** The rooms as one pod sees them. */
export type Rooms = {
  /** undefined where there is no such group. */
  room(volumeGroup: string, seat: Seat): Room | undefined;
  /** The indices of the seats where the pod's claims have something: columns do not hold there. */
  readonly special: ReadonlySet<number>;
};

/**
 * The rooms of all groups, their numbers kept up with each change, so that a call with thousands of
 * nodes adds nothing up. Invariant: a claim counts once in a group, however many reasons it has to.
 */
export class Ledger {
  readonly #seats: Seats;
  readonly #groups = new Map<string, VolumeGroup>();
  readonly #accounts: (Account | undefined)[] = [];
  readonly #vacant: number[] = [];
  /** Where a claim (by key) has a hold and a volume (by name) an entry: few of each, so that a call
   * need not look for them on each node. */
  readonly #places = new NameIndex();
  readonly #reports = new DeviceReports<Account>();
  /** What was told of the accounts whose group another node reports too. */
  readonly #shared = new Map<Account, CachedStorage>();

  constructor(seats: Seats) {
    this.#seats = seats;
  }

  group(name: string): VolumeGroup | undefined {
    return this.#groups.get(name);
  }

  setStorage(storage: CachedStorage): void {
    const account = this.#open(storage.volumeGroup, storage.nodeName);
    const touched = this.#reports.set(account, storage.nodeName, storage.devices);
    this.#replace(account, this.#judged(account, storage));
    for (const other of touched) this.#judgeAnew(other);
  }

  removeStorage({ metadata, volumeGroup, nodeName }: CachedStorage): void {
    const account = this.#find(volumeGroup, nodeName);
    if (account?.storage?.metadata.name !== metadata.name) return;
    const touched = this.#reports.delete(account);
    this.#shared.delete(account);
    this.#replace(account, undefined);
    this.#close(account);
    for (const other of touched) this.#judgeAnew(other);
  }

  hold(hold: Hold): void {
    const account = this.#open(hold.volumeGroup, hold.node);
    account.holds ??= { selected: new Map(), promised: new Map() };
    const holds = account.holds[hold.kind];
    if (!holds.has(hold.claim)) this.#places.add(hold.claim, account.index);
    holds.set(hold.claim, hold);
    this.#changed(account);
  }

  release({ kind, claim, volumeGroup, node }: Hold): void {
    const account = this.#find(volumeGroup, node);
    if (account?.holds === undefined) return;
    const { selected, promised } = account.holds;
    if (account.holds[kind].delete(claim)) this.#places.remove(claim, account.index);
    if (selected.size + promised.size === 0) account.holds = undefined;
    this.#changed(account);
    this.#close(account);
  }

  /** The rooms with what `own` claims hold counted as free, and their entries told. */
  seenBy(own: Own): Rooms {
    const special = new Set<number>();
    for (const name of [...own.claims, ...own.volumes]) {
      for (const index of this.#places.find(name)) {
        const seat = this.#accounts[index]?.seat;
        if (seat !== undefined) special.add(seat.index);
      }
    }
    return {
      special,
      room: (volumeGroup, seat) => {
        const group = this.#groups.get(volumeGroup);
        const account = group === undefined ? undefined : seat.account(group);
        return account?.storage === undefined ? undefined : roomOf(account, account.storage, own);
      },
    };
  }

  /** The nodes on which the volume has an entry that is no tombstone. */
  homes(volume: string): readonly string[] {
    return [...this.#places.find(volume)].flatMap((index) => {
      const storage = this.#accounts[index]?.storage;
      return storage?.entries.hasLiving(volume) === true ? [storage.nodeName] : [];
    });
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
    const index = this.#vacant.pop() ?? this.#accounts.length;
    const account = { index, group, seat, storage: undefined, holds: undefined };
    this.#accounts[index] = account;
    seat.accounts = seat.accounts.concat(account);
    group.accounts += 1;
    return account;
  }

  #close(account: Account): void {
    const { index, storage, holds, seat, group } = account;
    if (storage !== undefined || holds !== undefined) return;
    this.#accounts[index] = undefined;
    this.#vacant.push(index);
    seat.accounts = seat.accounts.filter((other) => other !== account);
    this.#seats.leave(seat);
    group.accounts -= 1;
    if (group.accounts === 0) this.#groups.delete(group.name);
  }

  #replace(account: Account, storage: CachedStorage | undefined): void {
    const before = new Set(account.storage?.entries.names());
    const after = new Set(storage?.entries.names());
    for (const name of before) if (!after.has(name)) this.#places.remove(name, account.index);
    for (const name of after) if (!before.has(name)) this.#places.add(name, account.index);
    account.storage = storage;
    this.#changed(account);
  }

  /** What was told of an account, as one may count on it. */
  #judged(account: Account, told: CachedStorage): CachedStorage {
    const rival = this.#reports.rivalOf(account);
    if (rival === undefined || told.state.kind !== "ready") {
      this.#shared.delete(account);
      return told;
    }
    this.#shared.set(account, told);
    return { ...told, state: { kind: "not_ready", message: describeRival(rival) } };
  }

  #judgeAnew(account: Account): void {
    const told = this.#shared.get(account) ?? account.storage;
    if (told === undefined) return;
    account.storage = this.#judged(account, told);
    this.#changed(account);
  }

  #changed(account: Account): void {
    writeColumns(account);
    this.#seats.looks.forget(account.seat.index);
  }
}

const nobody: Own = { claims: [], volumes: [] };
const noHolds: readonly Hold[] = [];

/** The columns have what is usual only: see there. */
const writeColumns = (account: Account): void => {
  const { group, seat, storage } = account;
  const holds = storage === undefined ? noHolds : holdsIn(account, storage.entries, nobody);
  if (
    storage?.state.kind === "ready" &&
    storage.entries.count + holds.length + Columns.margin <= reservationLimit
  ) {
    const { allocatable, extentSize, size } = storage;
    const booked = bookedIn(storage, holds);
    group.columns.write(seat.index, {
      free: subtract(allocatable, booked),
      extentSize,
      size,
      booked,
    });
  } else {
    group.columns.erase(seat.index);
  }
};

/** What entries and holds take, in whole extents. */
const bookedIn = ({ extentSize, entries }: CachedStorage, holds: readonly Hold[]): Bytes => {
  const held = takenBy(
    holds.map(({ reservation }) => reservation.size),
    extentSize,
  );
  return bytes(Math.min(entries.taken(extentSize) + held, Number.MAX_SAFE_INTEGER));
};

/** Nobody takes less than an extent, so that nothing is no reservation. */
const allAsOne = (size: Bytes): Reservation[] => (size === 0 ? [] : [{ name: "all", size }]);

const roomOf = (account: Account, storage: CachedStorage, own: Own): Room => {
  const { entries, allocatable, extentSize, size, state } = storage;
  const holds = holdsIn(account, entries, own);
  return {
    brief: {
      node: storage.nodeName,
      volumeGroup: storage.volumeGroup,
      state,
      extentSize,
      size,
      allocatable,
      reservations: allAsOne(bookedIn(storage, holds)),
    },
    entries,
    holds,
    placed: own.volumes.filter((volume) => entries.hasLiving(volume)),
  };
};

const holdsIn = ({ holds }: Account, entries: Entries, own: Own): readonly Hold[] => {
  if (holds === undefined) return noHolds;
  const counts = ({ claim, reservation }: Hold): boolean =>
    !own.claims.includes(claim) && !entries.has(reservation.name);
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
export const ledgerFor = (room: Room, count: number): Group => {
  const { brief, entries, holds } = room;
  if (entries.count + holds.length + count <= reservationLimit) return brief;
  return {
    ...brief,
    reservations: [...entries.reservations(), ...holds.map(({ reservation }) => reservation)],
  };
};
