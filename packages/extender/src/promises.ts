import type { Clock, Moment, Milliseconds } from "@stowage/clock";
import { later } from "@stowage/clock";
import type { CachedClaim } from "./cached.ts";
import type { Need } from "./demand.ts";
import type { Hold, Ledger } from "./ledger.ts";

/** A need at the place that is likely to be its. */
export type Placed = {
  readonly need: Need;
  readonly node: string;
  readonly volumeGroup: string;
};

type Item = { readonly hold: Hold; readonly selectedNode: string | undefined };
type PodPromise = { readonly until: Moment; readonly items: Map<string, Item> };

/**
 * Room held for pods that were just seen, between our answer and the moment their claims tell the
 * scheduler's choice. The scheduler asks about the next pod before that; without promises a burst
 * of pods would all be judged on the same numbers.
 *
 * A promise ends when its claim tells more than it did (another selected-node, a volume, its
 * deletion), when the pod is seen again, or after `lifetime`: the pod may have failed elsewhere in
 * its cycle, and nobody tells us. It is only a forecast; the provisioner's compare-and-swap decides.
 */
export class Promises {
  readonly #ledger: Pick<Ledger, "hold" | "release">;
  readonly #clock: Pick<Clock, "moment">;
  readonly #lifetime: Milliseconds;
  /** By pod uid, in the order of `until`. */
  readonly #byPod = new Map<string, PodPromise>();
  /** Pod uid by claim key. */
  readonly #podOfClaim = new Map<string, string>();

  constructor(options: {
    ledger: Pick<Ledger, "hold" | "release">;
    clock: Pick<Clock, "moment">;
    lifetime: Milliseconds;
  }) {
    this.#ledger = options.ledger;
    this.#clock = options.clock;
    this.#lifetime = options.lifetime;
  }

  /** How many pods room is held for. */
  get size(): number {
    return this.#byPod.size;
  }

  /** Holds room for all of `placed`, in place of what was held for the pod and for these claims. */
  keep(podUid: string, placed: readonly Placed[]): void {
    this.drop(podUid);
    const items = new Map<string, Item>();
    for (const { need, node, volumeGroup } of placed) {
      this.#end(need.claim);
      const reservation = { name: need.volume, size: need.size };
      const hold: Hold = {
        kind: "promised",
        claim: need.claim,
        node,
        volumeGroup,
        reservation,
      };
      this.#ledger.hold(hold);
      this.#podOfClaim.set(need.claim, podUid);
      items.set(need.claim, { hold, selectedNode: need.selectedNode });
    }
    if (items.size === 0) return;
    this.#byPod.set(podUid, { until: later(this.#clock.moment(), this.#lifetime), items });
  }

  drop(podUid: string): void {
    for (const claim of this.#byPod.get(podUid)?.items.keys() ?? []) this.#end(claim);
  }

  /** To be called before room is looked at: ends what has outlived its time. */
  lapse(): void {
    const now = this.#clock.moment();
    for (const [podUid, { until }] of this.#byPod) {
      if (until > now) return;
      this.drop(podUid);
    }
  }

  claimChanged(key: string, claim: CachedClaim | undefined): void {
    const item = this.#byPod.get(this.#podOfClaim.get(key) ?? "")?.items.get(key);
    if (item !== undefined && tellsMore(claim, item.selectedNode)) this.#end(key);
  }

  #end(claim: string): void {
    const podUid = this.#podOfClaim.get(claim);
    if (podUid === undefined) return;
    const items = this.#byPod.get(podUid)?.items;
    const item = items?.get(claim);
    this.#podOfClaim.delete(claim);
    items?.delete(claim);
    if (items?.size === 0) this.#byPod.delete(podUid);
    if (item !== undefined) this.#ledger.release(item.hold);
  }
}

/**
 * A selected-node that stood there already when the promise was made is an old one that the
 * scheduler has seen cleared before us: it tells nothing.
 */
const tellsMore = (claim: CachedClaim | undefined, selectedNodeThen: string | undefined): boolean =>
  claim === undefined ||
  claim.state !== "unbound" ||
  (claim.selectedNode !== undefined && claim.selectedNode !== selectedNodeThen);
