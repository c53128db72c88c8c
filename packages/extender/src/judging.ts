import type { Refusal } from "@stowage/capacity";
import { bytes, describe, describeNeed, describeRoom, fit, takenBy } from "@stowage/capacity";
import type { AskedNodes } from "./asked-nodes.ts";
import { nameAt } from "./asked-nodes.ts";
import { Columns } from "./columns.ts";
import type { GroupDemand, Wanted } from "./demand.ts";
import { Lack } from "./lack.ts";
import type { Ledger, Rooms } from "./ledger.ts";
import { ledgerFor } from "./ledger.ts";
import type { Reason } from "./outcome.ts";
import { reasonOf } from "./outcome.ts";
import { judge } from "./placement.ts";
import type { Seats } from "./seats.ts";
import { Seat } from "./seats.ts";

/** A group's part of the demand, with what is the same for all nodes worked out once. */
type Share = {
  readonly demand: GroupDemand;
  readonly columns: Columns;
  /** The extents that `need` is counted in. */
  extentSize: number;
  need: number;
  /** Who lacks room for it; undefined while nobody does. */
  lack: Lack | undefined;
};

const noColumns = new Columns();
const noLooks = new Float64Array(0);

/** What a look answers besides a goodness from 0 to 1. */
const unusual = -1;
/** Less by the index of the share that lacks room. */
const noRoom = -2;

/**
 * `judge` for thousands of nodes in one call. The usual cases are decided from columns of numbers;
 * all others are left to `judge`. Invariant: both give the same answer.
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
      wanted.restricted.length === 0 &&
      wanted.groups.every(({ sizes }) => sizes.length <= Columns.margin);
    this.#shares = wanted.groups.map((demand) => ({
      demand,
      columns: (usual ? ledger.group(demand.volumeGroup)?.columns : undefined) ?? noColumns,
      extentSize: 0,
      need: 0,
      lack: undefined,
    }));
    this.#looks = usual ? seats.looks.of(kindOf(wanted), this.#rooms.special, unusual) : noLooks;
  }

  /**
   * 0 if the node passes, else the place of its reason in `reasons`, counted from 1.
   * @param index of its seat; negative for a node that nothing is known of.
   * @param place of the node in `asked`.
   */
  verdict(index: number, asked: AskedNodes, place: number): number {
    const goodness = this.#look(index);
    if (goodness >= 0) return 0;
    if (goodness <= noRoom) return this.#lacksRoom(index, noRoom - goodness, place);
    const seat = this.#seats.at(index) ?? new Seat(nameAt(asked, place), index);
    const verdict = judge(this.#wanted, seat, this.#rooms);
    return verdict.kind === "passed" ? 0 : this.#refused(verdict.refusal, place);
  }

  /** To be called when every node has its verdict: until now nobody knew how many lack room. */
  settle(verdicts: Int32Array): void {
    for (const lack of this.#lacks.values()) {
      const told = lack.told();
      if (told.kind === "together") {
        this.#reasons[lack.reason - 1] = reasonOf(told.words);
      } else {
        for (const { place, words } of told.nodes) verdicts[place] = this.#reasonFor(words);
      }
    }
  }

  /** To be looked at once it has settled. */
  get reasons(): readonly Reason[] {
    return this.#reasons;
  }

  /** How many nodes were refused for which reason. */
  get byCode(): ReadonlyMap<Refusal["code"], number> {
    const lacking = [...this.#lacks.values()].reduce((sum, { nodes }) => sum + nodes, 0);
    return lacking === 0 ? this.#byCode : new Map([...this.#byCode, ["no_room", lacking]]);
  }

  /**
   * 0 to 1, by the group that is worst off; negative for a node that cannot take the pod. A group
   * that has all it needs already is no reason against.
   */
  goodness(index: number): number {
    const goodness = this.#look(index);
    const seat = goodness === unusual ? this.#seats.at(index) : undefined;
    return seat === undefined ? goodness : this.#slowGoodness(seat);
  }

  #look(index: number): number {
    const known = this.#looks[index] ?? unusual;
    if (!Number.isNaN(known)) return known;
    const look = this.#lookAnew(index);
    this.#looks[index] = look;
    return look;
  }

  #lookAnew(index: number): number {
    if (!this.#seats.isReady(index)) return unusual;
    const shares = this.#shares;
    let worst = 1;
    let lacking = 0;
    for (let at = 0; at < shares.length; at += 1) {
      const share = shares[at];
      if (share === undefined) return unusual;
      const { columns } = share;
      const free = columns.free(index);
      if (free < 0) return unusual;
      const extentSize = columns.extentSize(index);
      if (share.extentSize !== extentSize) workOut(share, extentSize);
      const left = free - share.need;
      if (left < 0) {
        if (lacking === 0) lacking = noRoom - at;
        continue;
      }
      const size = columns.size(index);
      const part = size === 0 ? 0 : left / size;
      const good = share.demand.strategy === "spread" ? part : 1 - part;
      if (good < worst) worst = good;
    }
    return lacking === 0 ? worst : lacking;
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
      if (lack.add(refusal.free)) lack.tell(place, describeRoom(refusal));
      return lack.reason;
    }
    this.#byCode.set(refusal.code, (this.#byCode.get(refusal.code) ?? 0) + 1);
    return this.#reasonFor(describe(refusal));
  }

  #lacksRoom(index: number, at: number, place: number): number {
    const share = this.#shares[at];
    if (share === undefined) return 0;
    const { columns, demand } = share;
    if (share.extentSize !== columns.extentSize(index)) workOut(share, columns.extentSize(index));
    if (share.lack === undefined) {
      const { volumeGroup, sizes } = demand;
      const need = describeNeed({ need: bytes(share.need), volumeGroup, volumes: sizes.length });
      share.lack = this.#lackOf(need);
    }
    if (share.lack.add(columns.free(index))) share.lack.tell(place, roomIn(columns, index));
    return share.lack.reason;
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
const kindOf = ({ groups }: Wanted): string =>
  groups
    .map(({ volumeGroup, strategy, sizes }) => `${volumeGroup} ${strategy} ${sizes.join(" ")}`)
    .join("\n");

const roomIn = (columns: Columns, index: number): string =>
  describeRoom({
    free: bytes(columns.free(index)),
    size: bytes(columns.size(index)),
    booked: bytes(columns.booked(index)),
  });

const workOut = (share: Share, extentSize: number): void => {
  share.extentSize = extentSize;
  share.need = takenBy(share.demand.sizes, bytes(extentSize));
  share.lack = undefined;
};
