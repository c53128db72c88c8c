import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Extender } from "./extender.ts";
import type { Outcome } from "./outcome.ts";

/** Up to kube-scheduler's own limit for an extender call, 5 s. */
const durationBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
];

/** What Prometheus is told. Each extender has a registry of its own, so that tests can have many. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #duration: Histogram<"verb" | "code">;
  readonly #nodes: Counter<"outcome">;
  readonly #refusals: Counter<"code">;
  readonly #watchRestarts: Counter<"resource">;

  constructor(extender: Pick<Extender, "promises" | "freshness" | "unavailable">) {
    const registers = [this.#registry];
    this.#duration = new Histogram({
      name: "stowage_extender_request_duration_seconds",
      help: "Time from the request's head to the end of the answer.",
      labelNames: ["verb", "code"],
      buckets: durationBuckets,
      registers,
    });
    this.#nodes = new Counter({
      name: "stowage_extender_nodes_total",
      help: "Nodes that filter calls were about.",
      labelNames: ["outcome"],
      registers,
    });
    this.#refusals = new Counter({
      name: "stowage_extender_refusals_total",
      help: "Nodes that filter calls refused, by reason.",
      labelNames: ["code"],
      registers,
    });
    this.#watchRestarts = new Counter({
      name: "stowage_extender_watch_restarts_total",
      help: "How often touch with the API server was lost, and looked for again.",
      labelNames: ["resource"],
      registers,
    });
    const gauge = (name: string, help: string, read: () => number): Gauge =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    gauge("stowage_extender_promises", "Pods that room is held for.", () => extender.promises());
    gauge(
      "stowage_extender_cache_age_seconds",
      "Age of the oldest cache; 0 while all are live.",
      () => {
        const freshness = extender.freshness();
        return freshness.kind === "stale" ? freshness.age / 1000 : 0;
      },
    );
    gauge("stowage_extender_ready", "1 while pods with claims of Stowage get an answer.", () =>
      extender.unavailable() === undefined ? 1 : 0,
    );
  }

  /** Adds what the process itself costs: memory, CPU, event loop. */
  measureProcess(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  request(verb: string, code: number, seconds: number): void {
    this.#duration.observe({ verb, code }, seconds);
  }

  filtered(asked: number, { refused, byCode }: Pick<Outcome, "refused" | "byCode">): void {
    this.#nodes.inc({ outcome: "passed" }, asked - refused);
    this.#nodes.inc({ outcome: "refused" }, refused);
    for (const [code, count] of byCode) this.#refusals.inc({ code }, count);
  }

  /** A watch of the resource, by its plural, broke and is begun anew. */
  watchRestarted(resource: string): void {
    this.#watchRestarts.inc({ resource });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
