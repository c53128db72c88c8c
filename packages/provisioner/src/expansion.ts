import type { ClaimWithStatus } from "@stowage/api";
import { keyOf } from "@stowage/api";
import type { Next } from "@stowage/kube";
import { done, WorkQueue } from "@stowage/kube";
import type { Caches } from "./caches.ts";
import type { ExpansionHands } from "./expansion-carry-out.ts";
import { carryOutExpansion } from "./expansion-carry-out.ts";
import type { SeenExpansion } from "./expansion-plan.ts";
import { isExpandable, planExpansion } from "./expansion-plan.ts";
import type { LedgerWriter } from "./ledger-writer.ts";
import type { NodeStates } from "./node-states.ts";

type ExpansionEdge = ExpansionHands & {
  readonly caches: Caches;
  readonly ledger: Pick<LedgerWriter, "change" | "get">;
  readonly nodeStates: NodeStates;
};

/** Expansions in work at once. */
const concurrency = 8;

/**
 * Grows the claims that ask for more than they have. Keys are "namespace/name" of claims; a claim
 * that waits, for room or for its agent, is looked at again whenever its group changes, so that
 * there is no timer and no event for each look.
 */
export class Expansions {
  readonly queue: WorkQueue;
  readonly #edge: ExpansionEdge;
  /** The claims that want more than they have, and the group that they lie in. */
  readonly #waiting = new Map<string, string>();

  constructor(options: ExpansionEdge & Pick<ConstructorParameters<typeof WorkQueue>[0], "random">) {
    this.#edge = options;
    this.queue = new WorkQueue(options);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { caches } = this.#edge;
    const subscriptions = [
      caches.claims.subscribe(({ kind, object }) => {
        if (kind === "deleted") this.#waiting.delete(keyOf(object));
        else if (object.spec.volumeName !== "") this.queue.add(keyOf(object));
      }),
      caches.persistentVolumes.subscribe(({ object: { claimRef } }) => {
        if (claimRef !== undefined) this.queue.add(`${claimRef.namespace}/${claimRef.name}`);
      }),
      caches.groups.subscribe(({ object: { metadata } }) => {
        for (const [claim, group] of this.#waiting) {
          if (group === metadata.name) this.queue.add(claim);
        }
      }),
    ];
    try {
      await this.queue.run((key) => this.#reconcile(key), { concurrency, signal });
    } finally {
      for (const unsubscribe of subscriptions) unsubscribe();
    }
  }

  async #reconcile(key: string): Promise<Next> {
    const claim = this.#edge.caches.claims.get(key);
    const seen = claim === undefined ? undefined : this.#see(key, claim);
    if (seen === undefined) return done;
    for (const step of planExpansion(seen)) {
      if ((await carryOutExpansion(step, this.#edge)) === "moved_on") break;
    }
    return done;
  }

  #see(key: string, claim: ClaimWithStatus): SeenExpansion | undefined {
    const { caches, ledger, nodeStates } = this.#edge;
    this.#waiting.delete(key);
    const volume = caches.persistentVolumes.get(claim.spec.volumeName);
    if (volume?.group === undefined || !isExpandable(claim, volume)) return undefined;
    if (claim.spec.request > (claim.status.capacity ?? 0)) this.#waiting.set(key, volume.group);
    const group = ledger.get(volume.group);
    const { name } = volume.metadata;
    const entry = group?.spec.volumes.find((candidate) => candidate.name === name);
    // The entry comes back by itself: its PersistentVolume has it put into the ledger again.
    if (group === undefined || entry === undefined) return undefined;
    const status = group.status.volumes.find((state) => state.name === name);
    const nodeState = nodeStates.of(group.spec.nodeName);
    return { claim, volume, home: { group, entry, status }, nodeState };
  }
}
