import type { NodeLocalStorage } from "@stowage/api";
import { deviceStates, groupOf, volumeStates } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { takenBy } from "@stowage/capacity";
import type { Milliseconds } from "@stowage/clock";
import type { WorkQueue } from "@stowage/kube";
import type { Observe } from "@stowage/lvm";
import { Durations, head, sample } from "./exposition.ts";
import type { Action } from "./plan.ts";

/** Told of each change of the node that came to an end. */
export type ObserveOperation = (
  operation: Action["kind"],
  outcome: "ok" | "failed",
  duration: Milliseconds,
) => void;

/** What Prometheus is told. docs/metrics.md has all of it. */
export class Metrics {
  readonly #commands = new Durations(
    "stowage_agent_command_duration_seconds",
    "Commands on the node, LVM's and others, by name and outcome.",
  );
  readonly #operations = new Durations(
    "stowage_agent_operation_duration_seconds",
    "Changes of groups, devices and volumes that came to an end, by outcome.",
  );
  readonly #groups = new Map<string, NodeLocalStorage>();
  #queue: Pick<WorkQueue, "depth"> = { depth: 0 };
  #watchRestarts = 0;

  readonly observeCommand: Observe = ({ name }, outcome, duration) =>
    this.#commands.observe({ command: name, outcome }, duration / 1000);

  readonly observeOperation: ObserveOperation = (operation, outcome, duration) =>
    this.#operations.observe({ operation, outcome }, duration / 1000);

  /** The watch of the node's objects broke and is begun anew. */
  readonly watchRestarted = (): void => {
    this.#watchRestarts += 1;
  };

  follow(queue: Pick<WorkQueue, "depth">): void {
    this.#queue = queue;
  }

  setGroup(object: NodeLocalStorage): void {
    this.#groups.set(object.metadata.name, object);
  }

  forgetGroup(name: string): void {
    this.#groups.delete(name);
  }

  text(): string {
    return [
      ...this.#commands.lines(),
      ...this.#operations.lines(),
      ...this.#groupLines(),
      ...this.#programLines(),
      "",
    ].join("\n");
  }

  #groupLines(): string[] {
    const gauge = (
      name: string,
      help: string,
      read: (object: NodeLocalStorage) => number,
    ): string[] => [
      ...head(name, "gauge", help),
      ...[...this.#groups.values()].map((object) =>
        sample(name, { volume_group: object.spec.volumeGroup }, read(object)),
      ),
    ];
    return [
      ...gauge(
        "stowage_agent_group_capacity_bytes",
        "The whole group.",
        ({ status }) => status.capacity ?? 0,
      ),
      ...gauge(
        "stowage_agent_group_allocatable_bytes",
        "What the ledger may promise.",
        ({ status }) => status.allocatable ?? 0,
      ),
      ...gauge(
        "stowage_agent_group_promised_bytes",
        "What the ledger has promised, tombstones included.",
        promised,
      ),
      ...gauge(
        "stowage_agent_group_free_bytes",
        "What is left: allocatable less promised.",
        ({ status }) => status.free ?? 0,
      ),
      ...gauge("stowage_agent_group_ready", "1 while the group takes volumes.", ({ status }) =>
        status.conditions.some(({ type, status: value }) => type === "Ready" && value === "True")
          ? 1
          : 0,
      ),
      ...gauge(
        "stowage_agent_orphans",
        "Volumes of ours that no entry names.",
        ({ status }) => status.orphans.length,
      ),
      ...this.#stateLines(
        "stowage_agent_volumes",
        "Volumes of the ledger by state.",
        volumeStates,
        ({ volumes }) => volumes,
      ),
      ...this.#stateLines(
        "stowage_agent_devices",
        "Devices by state.",
        deviceStates,
        ({ devices }) => devices,
      ),
    ];
  }

  /** A state that nothing is in is 0 and not absent: a rule must not wait for the first one. */
  #stateLines<T extends string>(
    name: string,
    help: string,
    states: readonly T[],
    list: (status: NodeLocalStorage["status"]) => readonly { readonly state: T }[],
  ): string[] {
    const lines = head(name, "gauge", help);
    for (const { spec, status } of this.#groups.values()) {
      for (const state of states) {
        const count = list(status).filter((one) => one.state === state).length;
        lines.push(sample(name, { volume_group: spec.volumeGroup, state }, count));
      }
    }
    return lines;
  }

  #programLines(): string[] {
    const { user, system } = process.cpuUsage();
    return [
      ...one(
        "stowage_agent_queue_depth",
        "gauge",
        "Groups that wait to be worked on now.",
        this.#queue.depth,
      ),
      ...one(
        "stowage_agent_watch_restarts_total",
        "counter",
        "How often touch with the API server was lost, and looked for again.",
        this.#watchRestarts,
      ),
      ...one(
        "process_cpu_seconds_total",
        "counter",
        "Total user and system CPU time spent in seconds.",
        (user + system) / 1e6,
      ),
      ...one(
        "process_resident_memory_bytes",
        "gauge",
        "Resident memory size in bytes.",
        process.memoryUsage.rss(),
      ),
    ];
  }
}

const promised = (object: NodeLocalStorage): Bytes => {
  const { reservations, extentSize } = groupOf(object);
  return takenBy(
    reservations.map(({ size }) => size),
    extentSize,
  );
};

const one = (name: string, type: "counter" | "gauge", help: string, value: number): string[] => [
  ...head(name, type, help),
  sample(name, {}, value),
];
