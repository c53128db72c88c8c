import type { Refusal, Strategy } from "@stowage/capacity";
import { describe } from "@stowage/capacity";
import type { Clock, Milliseconds } from "@stowage/clock";
import type { AskedPod } from "./asked-pod.ts";
import type { Cluster } from "./cluster.ts";
import type { Demand, Wanted } from "./demand.ts";
import { demandOf } from "./demand.ts";
import type { Explanation } from "./explain.ts";
import { explain } from "./explain.ts";
import type { Freshness } from "./freshness.ts";
import { unavailability } from "./freshness.ts";
import { Judging } from "./judging.ts";
import type { Outcome } from "./outcome.ts";
import { allPass, reasonOf } from "./outcome.ts";
import { judge } from "./placement.ts";
import { prioritize } from "./prioritize.ts";
import { Promises } from "./promises.ts";
import type { Call } from "./protocol.ts";
import { nobody } from "./tokens.ts";

/**
 * Answers kube-scheduler's calls from a cluster that someone else keeps up to date. Calls are
 * synchronous: no change can come between the judging of two nodes.
 */
export class Extender {
  readonly cluster: Cluster;
  readonly #promises: Promises;
  readonly #freshness: () => Freshness;
  readonly #staleLimit: Milliseconds;
  readonly #strategy: Strategy;
  readonly #verdicts = new Reused((length) => new Int32Array(length));
  readonly #looks = new Reused((length) => new Float64Array(length));

  constructor(options: {
    cluster: Cluster;
    clock: Pick<Clock, "moment">;
    /** Of what the cluster is kept up with. */
    freshness: () => Freshness;
    /** How old the caches may be when they decide a placement. */
    staleLimit: Milliseconds;
    /** How long room is held for a pod that was just seen. */
    promiseLifetime: Milliseconds;
    strategy: Strategy;
  }) {
    this.cluster = options.cluster;
    this.#freshness = options.freshness;
    this.#staleLimit = options.staleLimit;
    this.#strategy = options.strategy;
    this.#promises = new Promises({
      ledger: this.cluster.ledger,
      clock: options.clock,
      lifetime: options.promiseLifetime,
    });
    this.cluster.onClaim((key, claim) => this.#promises.claimChanged(key, claim));
  }

  /** How many pods room is held for now. */
  promises(): number {
    this.#promises.lapse();
    return this.#promises.size;
  }

  freshness(): Freshness {
    return this.#freshness();
  }

  /** Why pods with claims of Stowage get no answer now; undefined while they do. */
  unavailable(): Error | undefined {
    return unavailability(this.#freshness(), this.#staleLimit);
  }

  /**
   * Which nodes can take the pod; to be used before the next call. If exactly one can, room is
   * promised there: kube-scheduler takes it without asking for scores.
   * @throws Unavailable
   */
  filter({ pod, asked }: Call): Outcome {
    const demand = this.#demandOf(pod);
    if (demand.kind === "none") return allPass;
    const { count } = asked.tokens;
    if (demand.kind === "refused") return allRefused(demand.refusal, count);
    const { seats, ledger } = this.cluster;
    // What was held for the pod when it had other claims must not count against these.
    this.#promises.drop(pod.uid);
    const judging = new Judging(demand, seats, ledger);
    const verdicts = this.#verdicts.first(count);
    const refused = judging.filter(asked, this.#looks.first(count), verdicts);
    const last = refused === count - 1 ? verdicts.indexOf(0) : -1;
    if (last >= 0) this.#promise(pod, demand, asked.tokens.seats[last] ?? nobody);
    const { reasons, byCode } = judging;
    return { verdicts, reasons, refused, byCode };
  }

  /**
   * A score from 0 to 10 for each node, and a promise of room on the one that gets the highest.
   * @throws Unavailable
   */
  prioritize({ pod, asked }: Call): Uint8Array {
    const demand = this.#demandOf(pod);
    const { count, hashes } = asked.tokens;
    if (demand.kind !== "wanted") return new Uint8Array(count);
    const { seats, ledger } = this.cluster;
    const found = asked.tokens.seats;
    // What was held for the pod when it had other claims must not count against these.
    this.#promises.drop(pod.uid);
    const judging = new Judging(demand, seats, ledger);
    const goodness = this.#looks.first(count);
    judging.prioritize(asked, goodness);
    const { scores, top } = prioritize(goodness, hashes, count, pod.uid);
    if (top >= 0) this.#promise(pod, demand, found[top] ?? nobody);
    return scores;
  }

  /**
   * The arithmetic behind a filter call for all known nodes; promises nothing.
   * @throws Unavailable
   */
  explain(pod: AskedPod): Explanation {
    return explain(pod, this.#demandOf(pod), this.cluster);
  }

  #demandOf(pod: AskedPod): Demand {
    // Pods without claims pass even with empty caches: Stowage's own and the network's are such.
    if (pod.volumes.length === 0) return { kind: "none" };
    const unavailable = unavailability(this.#freshness(), this.#staleLimit);
    if (unavailable?.code === "syncing") throw unavailable;
    const demand = demandOf(pod, this.cluster, this.#strategy);
    if (demand.kind === "none") return demand;
    if (unavailable !== undefined) throw unavailable;
    this.#promises.lapse();
    return demand;
  }

  #promise(pod: AskedPod, wanted: Wanted, index: number): void {
    const seat = this.cluster.seats.at(index);
    if (seat === undefined) return;
    const verdict = judge(wanted, seat, this.cluster.ledger.seenBy(wanted.own));
    if (verdict.kind === "refused") return;
    this.#promises.keep(
      pod.uid,
      verdict.parts.flatMap(({ demand: { volumeGroup, needs } }) =>
        needs.map((need) => ({ need, node: seat.name, volumeGroup })),
      ),
    );
  }
}

type Numbers = Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** One list of numbers for all calls: its memory counts against the caches' (see Buffers). */
class Reused<List extends Numbers> {
  readonly #make: (length: number) => List;
  #list: List;

  constructor(make: (length: number) => List) {
    this.#make = make;
    this.#list = make(0);
  }

  /** At least so many numbers, with anything in them. */
  first(count: number): List {
    if (this.#list.length < count) this.#list = this.#make(count);
    return this.#list;
  }
}

const allRefused = (refusal: Refusal, count: number): Outcome => ({
  verdicts: new Int32Array(count).fill(1),
  reasons: [reasonOf(describe(refusal))],
  refused: count,
  byCode: new Map([[refusal.code, count]]),
});
