import type { Clock, Moment, Milliseconds } from "@stowage/clock";
import { elapsed } from "@stowage/clock";
import type { KubeClient, WorkQueue } from "@stowage/kube";
import { KubeError } from "@stowage/kube";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** Source: sig-storage-lib-external-provisioner, controller/metrics, which has prom's defaults. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A claim's `source` is its dataSource's kind, and claims with one are refused. */
const noSource = "";

type Leadership = "leading" | "waiting";

/**
 * What Prometheus is told. Provisioning and deletion are counted under the names, and with the
 * labels, of sig-storage-lib-external-provisioner, so that dashboards made for others fit.
 */
export class Metrics {
  readonly #clock: Clock;
  readonly #registry = new Registry();
  readonly #begun = new Map<string, Moment>();
  readonly #provisioned: Counter<"class" | "source">;
  readonly #provisionFailed: Counter<"class" | "source">;
  readonly #provisionDuration: Histogram<"class" | "source">;
  readonly #deleted: Counter<"class">;
  readonly #deleteFailed: Counter<"class">;
  readonly #deleteDuration: Histogram<"class">;
  readonly #expanded: Counter<"class" | "outcome">;
  readonly #expansionDuration: Histogram<"class">;
  readonly #watchRestarts: Counter<"resource">;
  readonly #leader: Gauge;
  readonly #patches: Counter<"outcome">;
  #queues: Readonly<Record<string, Pick<WorkQueue, "depth">>> = {};

  constructor(clock: Clock) {
    this.#clock = clock;
    const registers = [this.#registry];
    const counter = <T extends string>(name: string, help: string, labelNames: T[]): Counter<T> =>
      new Counter({ name, help, labelNames, registers });
    const duration = <T extends string>(
      name: string,
      help: string,
      labelNames: T[],
    ): Histogram<T> =>
      new Histogram({ name, help, labelNames, registers, buckets: durationBuckets });
    const claim = "controller_persistentvolumeclaim_provision";
    this.#provisioned = counter(`${claim}_total`, "Volumes provisioned.", ["class", "source"]);
    this.#provisionFailed = counter(`${claim}_failed_total`, "Attempts to provision that failed.", [
      "class",
      "source",
    ]);
    this.#provisionDuration = duration(
      `${claim}_duration_seconds`,
      "From the promise of room to the PersistentVolume.",
      ["class", "source"],
    );
    const volume = "controller_persistentvolume_delete";
    this.#deleted = counter(`${volume}_total`, "Volumes deleted.", ["class"]);
    this.#deleteFailed = counter(`${volume}_failed_total`, "Deletions that are held up.", [
      "class",
    ]);
    this.#deleteDuration = duration(
      `${volume}_duration_seconds`,
      "From the tombstone to the end of the PersistentVolume.",
      ["class"],
    );
    this.#expanded = counter(
      "stowage_provisioner_expansions_total",
      "Volumes that grew, and requests to grow that were refused.",
      ["class", "outcome"],
    );
    this.#expansionDuration = duration(
      "stowage_provisioner_expansion_duration_seconds",
      "From the promise of room to the PersistentVolume's new size.",
      ["class"],
    );
    this.#watchRestarts = counter(
      "stowage_provisioner_watch_restarts_total",
      "How often touch with the API server was lost, and looked for again.",
      ["resource"],
    );
    this.#leader = new Gauge({
      name: "stowage_provisioner_leader",
      help: "1 while this replica has the lease.",
      registers,
    });
    this.#patches = counter(
      "stowage_provisioner_ledger_patches_total",
      "Writes to spec of NodeLocalStorages; overtaken ones are tried again on the newer object.",
      ["outcome"],
    );
    const depths = this.#depths;
    this.#registry.registerMetric(
      new Gauge({
        name: "stowage_provisioner_queue_depth",
        help: "What waits to be worked on now.",
        labelNames: ["queue"],
        registers: [],
        collect() {
          this.reset();
          for (const [queue, depth] of depths()) this.set({ queue }, depth);
        },
      }),
    );
  }

  readonly #depths = (): [string, number][] =>
    Object.entries(this.#queues).map(([name, { depth }]) => [name, depth]);

  /** Adds what the process itself costs: memory, CPU, event loop. */
  measureProcess(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  lead(leadership: Leadership, queues: Readonly<Record<string, Pick<WorkQueue, "depth">>>): void {
    this.#leader.set(leadership === "leading" ? 1 : 0);
    this.#queues = queues;
  }

  /** Work on a volume's creation, or on its removal, begins. */
  begin(volume: string): void {
    if (!this.#begun.has(volume)) this.#begun.set(volume, this.#clock.moment());
  }

  /** It came to nothing, and what follows is measured anew. */
  abandon(volume: string): void {
    this.#begun.delete(volume);
  }

  /** How long it took, where that is known; as of `deleted` and `expanded`. */
  provisioned(volume: string, storageClass: string): Milliseconds | undefined {
    const labels = { class: storageClass, source: noSource };
    this.#provisioned.inc(labels);
    return this.#finish(volume, (seconds) => this.#provisionDuration.observe(labels, seconds));
  }

  provisionFailed(storageClass: string): void {
    this.#provisionFailed.inc({ class: storageClass, source: noSource });
  }

  deleted(volume: string, storageClass: string): Milliseconds | undefined {
    this.#deleted.inc({ class: storageClass });
    return this.#finish(volume, (seconds) =>
      this.#deleteDuration.observe({ class: storageClass }, seconds),
    );
  }

  deleteFailed(storageClass: string): void {
    this.#deleteFailed.inc({ class: storageClass });
  }

  /** Room is promised to a volume that grows. */
  beginExpansion(volume: string): void {
    this.begin(expansionOf(volume));
  }

  expanded(volume: string, storageClass: string): Milliseconds | undefined {
    this.#expanded.inc({ class: storageClass, outcome: "done" });
    return this.#finish(expansionOf(volume), (seconds) =>
      this.#expansionDuration.observe({ class: storageClass }, seconds),
    );
  }

  expansionRefused(storageClass: string): void {
    this.#expanded.inc({ class: storageClass, outcome: "refused" });
  }

  /** A watch of the resource, by its plural, broke and is begun anew. */
  watchRestarted(resource: string): void {
    this.#watchRestarts.inc({ resource });
  }

  /** What another leader began is counted, but its duration is not known. */
  #finish(what: string, observe: (seconds: number) => void): Milliseconds | undefined {
    const begun = this.#begun.get(what);
    this.#begun.delete(what);
    if (begun === undefined) return undefined;
    const duration = elapsed(begun, this.#clock.moment());
    observe(duration / 1000);
    return duration;
  }

  /** A client of which each patch is counted: the one that the ledger is written with. */
  countPatches(client: KubeClient): KubeClient {
    return {
      ...client,
      patch: async (...request) => {
        try {
          const written = await client.patch(...request);
          this.#patches.inc({ outcome: "written" });
          return written;
        } catch (error) {
          this.#patches.inc({ outcome: outcomeOf(error) });
          throw error;
        }
      },
    };
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

/** A volume can be growing while its removal begins: each is measured by itself. */
const expansionOf = (volume: string): string => `expansion of ${volume}`;

/** The test of the generation fails as "invalid", as does whatever the CRD's rules refuse. */
const outcomeOf = (error: unknown): "overtaken" | "failed" =>
  error instanceof KubeError && (error.code === "invalid" || error.code === "conflict")
    ? "overtaken"
    : "failed";
