import type { Clock, Milliseconds } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import type { KubeClient } from "./client.ts";
import { isKubeError } from "./kube-error.ts";
import type { LeaderDurations } from "./leader.ts";
import type { Lease, LeaseSpec } from "./lease.ts";
import { leases, microTime } from "./lease.ts";
import type { ObjectName } from "./resource-path.ts";

/** The lease was lost while working under it: exit, or lead() again. */
export class LeadershipLost extends Error {
  readonly code = "leadership_lost";
  override readonly name = "LeadershipLost";
}

type Seen = {
  readonly record: string;
  readonly timer: AbortController;
  state: "fresh" | "expired";
};

/** The writes of one candidate to the Lease, each conditional on what it has read of it. */
export class LeaseLock {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #identity: string;
  readonly #durationSeconds: number;
  readonly #name: Required<ObjectName>;
  /** As we have last written it. */
  #held: Lease | undefined;
  readonly #signal: AbortSignal;
  /** What another holds, and whether it has changed within its lease duration. */
  #seen: Seen | undefined;

  constructor(
    options: {
      readonly client: KubeClient;
      readonly clock: Clock;
      readonly signal: AbortSignal;
      readonly identity: string;
      readonly lease: Required<ObjectName>;
    },
    durations: LeaderDurations,
  ) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#signal = options.signal;
    this.#identity = options.identity;
    this.#durationSeconds = Math.ceil(durations.lease / 1000);
    this.#name = options.lease;
  }

  /** One try. False while another holds the lease. @throws KubeError */
  async acquire(): Promise<boolean> {
    const lease = await this.#client.find(leases, this.#name);
    if (lease === undefined) {
      await this.#create();
      return true;
    }
    const { holderIdentity: holder, leaseTransitions } = lease.spec;
    if (holder === this.#identity) {
      await this.#write(lease, this.#renewed(lease.spec));
      return true;
    }
    if ((holder ?? "") !== "" && !this.#expired(lease.spec)) return false;
    await this.#write(lease, {
      ...this.#fresh(),
      leaseTransitions: (leaseTransitions ?? 0) + 1,
    });
    return true;
  }

  /** @throws KubeError; LeadershipLost when another holds the lease. */
  async renew(): Promise<void> {
    if (await this.#rewrite((spec) => this.#renewed(spec))) return;
    await this.#create();
  }

  /**
   * client-go's release: nobody holds it, and a second later anybody may have it.
   * @throws KubeError; LeadershipLost when another holds the lease.
   */
  async release(): Promise<void> {
    await this.#rewrite(({ leaseTransitions }) => ({
      ...this.#fresh(),
      leaseTransitions: leaseTransitions ?? 0,
      holderIdentity: "",
      leaseDurationSeconds: 1,
    }));
  }

  /** Changes the lease as long as it is ours. False when there is none. */
  async #rewrite(change: (spec: LeaseSpec) => LeaseSpec): Promise<boolean> {
    if (this.#held !== undefined) {
      try {
        await this.#write(this.#held, change(this.#held.spec));
        return true;
      } catch (error) {
        if (!isKubeError(error, "conflict", "not_found")) throw error;
      }
    }
    // Our own write may have been applied without an answer, or a third party edited the object.
    const lease = await this.#client.find(leases, this.#name);
    if (lease === undefined) return false;
    const holder = lease.spec.holderIdentity ?? "";
    if (holder !== this.#identity) {
      throw new LeadershipLost(`the lease was taken by ${holder === "" ? "nobody" : holder}`);
    }
    await this.#write(lease, change(lease.spec));
    return true;
  }

  /**
   * Has the record stayed the same for its lease duration, as seen by our own timer? A remote
   * clock is never compared with ours.
   */
  #expired(spec: LeaseSpec): boolean {
    const record = JSON.stringify(spec);
    if (this.#seen?.record === record) return this.#seen.state === "expired";
    this.#seen?.timer.abort();
    const timer = new AbortController();
    const seen: Seen = { record, timer, state: "fresh" };
    this.#seen = seen;
    const span = seconds(spec.leaseDurationSeconds ?? this.#durationSeconds);
    void this.#expire(seen, span, AbortSignal.any([timer.signal, this.#signal]));
    return false;
  }

  async #expire(seen: Seen, span: Milliseconds, signal: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(span, signal);
      seen.state = "expired";
    } catch {
      // Aborted: the record has changed, or nobody waits for it any more.
    }
  }

  async #create(): Promise<void> {
    this.#held = await this.#client.create(leases, {
      metadata: this.#name,
      spec: { ...this.#fresh(), leaseTransitions: 0 },
    });
  }

  async #write(lease: Lease, spec: LeaseSpec): Promise<void> {
    const changed = { ...lease, spec: { ...lease.spec, ...spec } };
    this.#held = await this.#client.replace(leases, this.#name, changed);
  }

  #renewed(spec: LeaseSpec): LeaseSpec {
    const { renewTime } = this.#fresh();
    return { ...spec, renewTime, leaseDurationSeconds: this.#durationSeconds };
  }

  #fresh(): LeaseSpec & { readonly renewTime: string } {
    const now = microTime(this.#clock.now());
    return {
      holderIdentity: this.#identity,
      leaseDurationSeconds: this.#durationSeconds,
      acquireTime: now,
      renewTime: now,
    };
  }
}
