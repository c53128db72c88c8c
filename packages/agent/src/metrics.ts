import type { NodeLocalStorage } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import type { Observe } from "@stowage/lvm";

/** Up to the limit of a write, 120 s. */
const buckets = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 120];

type Series = { readonly counts: number[]; count: number; seconds: number };

/**
 * What Prometheus is told, in its text format. By hand: a metrics library costs a node more memory
 * than all else that is counted here.
 * Source: prometheus.io/docs/instrumenting/exposition_formats
 */
export class Metrics {
  readonly #commands = new Map<string, Series>();
  readonly #groups = new Map<string, NodeLocalStorage>();

  readonly observeCommand: Observe = ({ name }, outcome, duration) => {
    const labels = `command="${name}",outcome="${outcome}"`;
    const series = this.#commands.get(labels) ?? {
      counts: buckets.map(() => 0),
      count: 0,
      seconds: 0,
    };
    this.#commands.set(labels, series);
    const seconds = duration / 1000;
    series.count += 1;
    series.seconds += seconds;
    for (const [index, limit] of buckets.entries()) {
      if (seconds <= limit) series.counts[index] = (series.counts[index] ?? 0) + 1;
    }
  };

  setGroup(object: NodeLocalStorage): void {
    this.#groups.set(object.metadata.name, object);
  }

  forgetGroup(name: string): void {
    this.#groups.delete(name);
  }

  text(): string {
    return [...this.#commandLines(), ...this.#groupLines(), ...processLines(), ""].join("\n");
  }

  #commandLines(): string[] {
    const name = "stowage_agent_command_duration_seconds";
    const lines = head(name, "histogram", "Commands on the node, by name and outcome.");
    for (const [labels, { counts, count, seconds }] of this.#commands) {
      for (const [index, limit] of buckets.entries()) {
        lines.push(`${name}_bucket{${labels},le="${limit}"} ${counts[index] ?? 0}`);
      }
      lines.push(`${name}_bucket{${labels},le="+Inf"} ${count}`);
      lines.push(`${name}_sum{${labels}} ${seconds}`, `${name}_count{${labels}} ${count}`);
    }
    return lines;
  }

  #groupLines(): string[] {
    const gauge = (
      name: string,
      help: string,
      read: (status: NodeLocalStorage["status"]) => Bytes | number | undefined,
    ): string[] => [
      ...head(name, "gauge", help),
      ...[...this.#groups.values()].map(
        ({ spec, status }) => `${name}{volume_group="${spec.volumeGroup}"} ${read(status) ?? 0}`,
      ),
    ];
    return [
      ...gauge("stowage_agent_group_capacity_bytes", "The whole group.", (s) => s.capacity),
      ...gauge(
        "stowage_agent_group_allocatable_bytes",
        "What the ledger may promise.",
        (s) => s.allocatable,
      ),
      ...gauge("stowage_agent_group_free_bytes", "What is left of that.", (s) => s.free),
      ...gauge("stowage_agent_group_ready", "1 while the group takes volumes.", ({ conditions }) =>
        conditions.some(({ type, status }) => type === "Ready" && status === "True") ? 1 : 0,
      ),
      ...gauge(
        "stowage_agent_volumes_ready",
        "Volumes that are Ready.",
        ({ volumes }) => volumes.filter(({ state }) => state === "Ready").length,
      ),
      ...gauge(
        "stowage_agent_volumes_failed",
        "Volumes that are Failed.",
        ({ volumes }) => volumes.filter(({ state }) => state === "Failed").length,
      ),
      ...gauge(
        "stowage_agent_orphans",
        "Volumes of ours that no entry names.",
        ({ orphans }) => orphans.length,
      ),
    ];
  }
}

const head = (name: string, type: "gauge" | "histogram", help: string): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
];

const processLines = (): string[] => {
  const name = "process_resident_memory_bytes";
  return [...head(name, "gauge", "Resident memory."), `${name} ${process.memoryUsage.rss()}`];
};
