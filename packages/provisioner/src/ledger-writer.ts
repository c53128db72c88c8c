import type { NodeLocalStorage } from "@stowage/api";
import { nodeLocalStorages } from "@stowage/api";
import type { Clock, Milliseconds } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import type { KubeClient, Log } from "@stowage/kube";
import { isKubeError } from "@stowage/kube";
import type { ChangeOutcome, LedgerChange } from "./ledger-change.ts";
import { planLedgerPatch } from "./ledger-change.ts";

/** How soon a change must be written: at once, or when there is something else to write anyway. */
export type Urgency = "now" | "with_others";

type Waiting = {
  readonly change: LedgerChange;
  readonly resolve: (outcome: ChangeOutcome) => void;
  readonly reject: (error: unknown) => void;
};

type Line = { waiting: Waiting[]; state: "idle" | "dawdling" | "writing" };

type LedgerEdge = {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** The informer's view, which may lag behind what was written here. */
  readonly cached: (name: string) => NodeLocalStorage | undefined;
  /** An object from the API server, with what only the others' reports tell of it. */
  readonly judged: (object: NodeLocalStorage) => NodeLocalStorage;
};

/** The longest that a change waits for others to share its patch. */
const dawdle: Milliseconds = seconds(20);

/** A generation can be overtaken again and again only while others make progress. */
const attempts = 20;

/**
 * The one writer of spec.volumes. Changes to the same object that come while a patch is under way
 * go into the next one together: a burst of claims costs a few writes, not one each.
 */
export class LedgerWriter {
  readonly #lines = new Map<string, Line>();
  readonly #written = new Map<string, NodeLocalStorage>();
  readonly #options: LedgerEdge;

  constructor(options: LedgerEdge) {
    this.#options = options;
  }

  /** The newest that is known of an object: the informer's view, or what was written here since. */
  get(name: string): NodeLocalStorage | undefined {
    const cached = this.#options.cached(name);
    const written = this.#written.get(name);
    if (written === undefined) return cached;
    const overtaken =
      cached !== undefined &&
      (cached.metadata.uid !== written.metadata.uid ||
        cached.metadata.generation >= written.metadata.generation);
    if (!overtaken && cached !== undefined) return { ...written, status: cached.status };
    this.#written.delete(name);
    return cached;
  }

  /** The objects that were written here and that the informer may not show as written yet. */
  ahead(): Iterable<string> {
    return this.#written.keys();
  }

  /**
   * Carries out one change on the object `name`; resolves once it is written or refused.
   * @throws KubeError when the API server cannot be reached or refuses the write.
   */
  change(name: string, change: LedgerChange, urgency: Urgency = "now"): Promise<ChangeOutcome> {
    const line = this.#lines.get(name) ?? { waiting: [], state: "idle" };
    this.#lines.set(name, line);
    const outcome = new Promise<ChangeOutcome>((resolve, reject) => {
      line.waiting.push({ change, resolve, reject });
    });
    if (urgency === "now" && line.state !== "writing") void this.#drain(name, line);
    else if (line.state === "idle") void this.#drainLater(name, line);
    return outcome;
  }

  async #drainLater(name: string, line: Line): Promise<void> {
    line.state = "dawdling";
    try {
      await this.#options.clock.sleep(dawdle, this.#options.signal);
    } catch (reason) {
      for (const { reject } of line.waiting.splice(0)) reject(reason);
      return;
    }
    if (line.state === "dawdling") await this.#drain(name, line);
  }

  async #drain(name: string, line: Line): Promise<void> {
    line.state = "writing";
    while (line.waiting.length > 0) await this.#writeBatch(name, line.waiting.splice(0));
    line.state = "idle";
    this.#lines.delete(name);
  }

  async #writeBatch(name: string, batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#write(
        name,
        batch.map(({ change }) => change),
      );
      for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index] ?? gone(name));
    } catch (error) {
      if (batch.length > 1 && isKubeError(error, "invalid")) {
        // One of them is what the server will not take; the others must not suffer for it.
        for (const waiting of batch) await this.#writeBatch(name, [waiting]);
        return;
      }
      for (const { reject } of batch) reject(error);
    }
  }

  async #write(name: string, changes: readonly LedgerChange[]): Promise<ChangeOutcome[]> {
    const { client, log, signal, judged } = this.#options;
    let object = this.get(name) ?? (await client.find(nodeLocalStorages, { name }));
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      if (object === undefined) return changes.map(() => gone(name));
      const { operations, outcomes } = planLedgerPatch(judged(object), changes);
      if (operations.length === 0) return outcomes;
      try {
        const written = await client.patch(
          nodeLocalStorages,
          { name },
          { kind: "json", operations },
        );
        this.#written.set(name, written);
        return outcomes;
      } catch (error) {
        // Overtaken by another writer, or the answer was lost and the patch may have been applied:
        // either way the object tells what is left to do.
        const retriable = isKubeError(error, "invalid", "conflict", "connection", "timeout");
        if (!retriable || attempt === attempts) throw error;
        const current = await client.find(nodeLocalStorages, { name });
        // Refused although nobody was faster: the server will not take this patch at all.
        const { uid, generation } = object.metadata;
        const isCurrent =
          current?.metadata.uid === uid && current.metadata.generation === generation;
        if (isKubeError(error, "invalid") && isCurrent) throw error;
        log.debug(
          { group: name, attempts: attempt, err: error },
          "the ledger moved on; looking again",
        );
        object = current;
      }
    }
  }
}

const gone = (name: string): ChangeOutcome => ({
  kind: "refused",
  refusal: { code: "group_gone", name },
});
