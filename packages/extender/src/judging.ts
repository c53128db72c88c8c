import type { Refusal } from "@stowage/capacity";
import { bytes, describe, describeNeed, describeRoom, fit, takenBy } from "@stowage/capacity";
import type { AskedNodes } from "./asked-nodes.ts";
import { nameAt } from "./asked-nodes.ts";
import { Columns } from "./columns.ts";
import type { GroupDemand, Wanted } from "./demand.ts";
import { Lack, toldApart } from "./lack.ts";
import type { Ledger, Rooms } from "./ledger.ts";
import { ledgerFor } from "./ledger.ts";
import type { Reason } from "./outcome.ts";
import { reasonOf } from "./outcome.ts";
import { judge } from "./placement.ts";
import type { Seats } from "./seats.ts";
import { Seat } from "./seats.ts";
import { nobody } from "./tokens.ts";

/** A group's part of the demand, with what is the same for all nodes worked out once. */
type Share = {
  readonly demand: GroupDemand;
  readonly columns: Columns;
  /** In whole extents; nothing where the columns say nothing. */
  readonly need: number;
  readonly lack: Lack | undefined;
};

const noColumns = new Columns();
const noLooks = new Float64Array(0);

/** What a look answers besides a goodness from 0 to 1. */
const unusual = -1;
/**
 * Less by the index of the first share that lacks room and by `shareLimit` times the bytes that it
 * has free: whoever asked about thousands of nodes need not look up their room again for the words.
 */
const noRoom = -2;
const shareLimit = 64;
/** So that a look is a whole number that a fraction's bits can hold. */
const lackLimit = 2 ** 53 / shareLimit - 1;

/**
 * `judge` for thousands of nodes in one call. The usual cases are decided from columns of numbers;
 * all others are left to `judge`. Invariant: both give the same answer.
 *
 * The nodes go through loops of their own, each of which is short and reads memory in one way: so
 * the processor can be ahead of it. None of these hands a fraction to a function or takes one from it,
 * for which V8 would make an object.
 */
export class Judging {
  readonly #wanted: Wanted;
  readonly #seats: Seats;
  readonly #rooms: Rooms;
  readonly #shares: readonly Share[];
  /** By the index of a seat. */
  readonly #looks: Float64Array;
  readonly #reasons: Reason[] = [];
  readonly #reasonByText = new Map<string, number>();
  readonly #lacks = new Map<string, Lack>();
  readonly #byCode = new Map<Refusal["code"], number>();

  constructor(wanted: Wanted, seats: Seats, ledger: Ledger) {
    this.#wanted = wanted;
    this.#seats = seats;
    this.#rooms = ledger.seenBy(wanted.own);
    const usual =
      wanted.adopted.length === 0 &&
      wanted.restricted.length === 0 &&
      wanted.groups.length <= shareLimit &&
      wanted.groups.every(({ sizes }) => sizes.length <= Columns.margin);
    this.#shares = wanted.groups.map((demand) =>
      this.#shareOf(demand, usual ? ledger.group(demand.volumeGroup)?.columns : undefined),
    );
    this.#looks = usual
      ? seats.looks.of(
          this.#shares.map(kindOf).join("\n"),
          (index) => this.#look(index),
          this.#rooms.special,
          unusual,
        )
      : noLooks;
  }

  /**
   * The verdict on each node: 0 if it passes, else the place of its reason in `reasons`, counted from
   * 1. How many are refused.
   */
  filter(asked: AskedNodes, looks: Float64Array, verdicts: Int32Array): number {
    this.#lookAtAll(asked, looks);
    const { count } = asked.tokens;
    const shares = this.#shares.length;
    const reasons = Int32Array.from(this.#shares, ({ lack }) => lack?.reason ?? 0);
    const lacking = new Int32Array(shares);
    // Of the nodes that lack room for a share, the look at the one that has most.
    const lowest = new Float64Array(shares);
    let refused = 0;
    for (let place = 0; place < count; place += 1) {
      const look = looks[place] ?? unusual;
      let verdict = 0;
      if (look <= noRoom) {
        // Whole numbers keep their lowest bits, however large they are.
        const at = (noRoom - look) & (shareLimit - 1);
        const nodes = (lacking[at] ?? 0) + 1;
        lacking[at] = nodes;
        if (look < (lowest[at] ?? 0)) lowest[at] = look;
        if (nodes <= toldApart) this.#tell(at, asked, place);
        verdict = reasons[at] ?? 0;
      } else if (look < 0) {
        verdict = this.#slowVerdict(asked, place);
      }
      if (verdict !== 0) refused += 1;
      verdicts[place] = verdict;
    }
    for (const [at, { lack }] of this.#shares.entries()) {
      const nodes = lacking[at] ?? 0;
      if (nodes > 0) lack?.add(nodes, (noRoom - at - (lowest[at] ?? 0)) / shareLimit);
    }
    this.#settle(verdicts);
    return refused;
  }

  /**
   * From 0 to 1 for each node, by the group that is worst off; negative for a node that cannot take
   * the pod. A group that has all it needs already is no reason against.
   */
  prioritize(asked: AskedNodes, goodness: Float64Array): void {
    this.#lookAtAll(asked, goodness);
    const { seats, count } = asked.tokens;
    for (let place = 0; place < count; place += 1) {
      if (goodness[place] !== unusual) continue;
      const seat = this.#seats.at(seats[place] ?? nobody);
      if (seat !== undefined) goodness[place] = this.#slowGoodness(seat);
    }
  }

  /** Why `filter` refused nodes. */
  get reasons(): readonly Reason[] {
    return this.#reasons;
  }

  /** How many nodes were refused for which reason. */
  get byCode(): ReadonlyMap<Refusal["code"], number> {
    const lacking = [...this.#lacks.values()].reduce((sum, { nodes }) => sum + nodes, 0);
    return lacking === 0 ? this.#byCode : new Map([...this.#byCode, ["no_room", lacking]]);
  }

  #shareOf(demand: GroupDemand, columns: Columns | undefined): Share {
    const extentSize = columns?.extentSize;
    if (columns === undefined || extentSize === undefined) {
      return { demand, columns: noColumns, need: 0, lack: undefined };
    }
    const { volumeGroup, sizes } = demand;
    const need = takenBy(sizes, extentSize);
    const lack = this.#lackOf(describeNeed({ need, volumeGroup, volumes: sizes.length }));
    return { demand, columns, need, lack };
  }

  #lookAtAll({ tokens: { seats, count } }: AskedNodes, looks: Float64Array): void {
    const known = this.#looks;
    for (let place = 0; place < count; place += 1) {
      looks[place] = known[seats[place] ?? nobody] ?? unusual;
    }
  }

  #look(index: number): number {
    if (!this.#seats.isReady(index)) return unusual;
    let worst = 1;
    let lacking = 0;
    for (const [at, { columns, need, demand }] of this.#shares.entries()) {
      const free = columns.free(index);
      if (free < 0) return unusual;
      const left = free - need;
      if (left < 0) {
        if (need > lackLimit) return unusual;
        if (lacking === 0) lacking = noRoom - at - free * shareLimit;
        continue;
      }
      const size = columns.size(index);
      const part = size === 0 ? 0 : left / size;
      worst = Math.min(worst, demand.strategy === "spread" ? part : 1 - part);
    }
    return lacking === 0 ? worst : lacking;
  }

  #slowVerdict(asked: AskedNodes, place: number): number {
    const index = asked.tokens.seats[place] ?? nobody;
    const seat = this.#seats.at(index) ?? new Seat(nameAt(asked, place), index);
    const verdict = judge(this.#wanted, seat, this.#rooms);
    return verdict.kind === "passed" ? 0 : this.#refused(verdict.refusal, place);
  }

  #slowGoodness(seat: Seat): number {
    const verdict = judge(this.#wanted, seat, this.#rooms);
    if (verdict.kind === "refused") return unusual;
    let worst = 1;
    for (const { room, demand } of verdict.parts) {
      if (demand.sizes.length === 0) continue;
      const answer = fit(ledgerFor(room, demand.sizes.length), demand.sizes);
      const left = answer.kind === "fits" ? answer.freeAfter : 0;
      const part = room.brief.size === 0 ? 0 : left / room.brief.size;
      worst = Math.min(worst, demand.strategy === "spread" ? part : 1 - part);
    }
    return worst;
  }

  #refused(refusal: Refusal, place: number): number {
    if (refusal.code === "no_room") {
      const lack = this.#lackOf(describeNeed(refusal));
      lack.add(1, refusal.free);
      lack.tell(place, () => describeRoom(refusal));
      return lack.reason;
    }
    this.#byCode.set(refusal.code, (this.#byCode.get(refusal.code) ?? 0) + 1);
    return this.#reasonFor(describe(refusal));
  }

  /** Keeps the words for a node that lacks room for the share at `at`. */
  #tell(at: number, { tokens: { seats } }: AskedNodes, place: number): void {
    const share = this.#shares[at];
    const index = seats[place] ?? nobody;
    share?.lack?.tell(place, () => roomIn(share.columns, index));
  }

  /** Gives those who lack room their reasons: only now it is known how many they are. */
  #settle(verdicts: Int32Array): void {
    for (const lack of this.#lacks.values()) {
      const told = lack.told();
      if (told.kind === "together") {
        this.#reasons[lack.reason - 1] = reasonOf(told.words);
      } else {
        for (const { place, words } of told.nodes) verdicts[place] = this.#reasonFor(words);
      }
    }
  }

  #lackOf(need: string): Lack {
    const lack = this.#lacks.get(need) ?? new Lack(need, this.#add(reasonOf(need)));
    this.#lacks.set(need, lack);
    return lack;
  }

  #reasonFor(text: string): number {
    const known = this.#reasonByText.get(text) ?? this.#add(reasonOf(text));
    this.#reasonByText.set(text, known);
    return known;
  }

  #add(reason: Reason): number {
    this.#reasons.push(reason);
    return this.#reasons.length;
  }
}

/** What a look at a node depends on, besides the node. */
const kindOf = ({ demand: { volumeGroup, strategy }, need }: Share): string =>
  `${volumeGroup} ${strategy} ${need}`;

const roomIn = (columns: Columns, index: number): string =>
  describeRoom({
    free: bytes(columns.free(index)),
    size: bytes(columns.size(index)),
    booked: bytes(columns.booked(index)),
  });
