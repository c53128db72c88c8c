import { expect } from "vitest";
import type { Plain } from "./kinds.ts";
import { at } from "./kinds.ts";
import type { World } from "./world.ts";
import { eventually } from "./world.ts";

/** The agent's port for /readyz and /metrics. */
const port = 9807;

const select = (node: string): string[] => [
  ..."-n stowage-system get pods -o json -l app.kubernetes.io/component=agent".split(" "),
  `--field-selector=spec.nodeName=${node}`,
];

/** The agent of one node, as its Pod shows it. */
export class AgentPod {
  readonly #world: World;
  readonly #node: string;

  constructor(world: World, node: string) {
    this.#world = world;
    this.#node = node;
  }

  /** Its Pods that are not being deleted: one, but for a moment. */
  async #pods(): Promise<Plain[]> {
    const list: unknown = JSON.parse(await this.#world.cluster.kubectl(select(this.#node)));
    const items = at(list, "items") as Plain[];
    return items.filter((pod) => at(pod, "metadata.deletionTimestamp") === undefined);
  }

  async name(): Promise<string> {
    return String(at((await this.#pods())[0], "metadata.name"));
  }

  async readiness(): Promise<"ready" | "not ready"> {
    const [pod] = await this.#pods();
    const conditions = (at(pod, "status.conditions") ?? []) as Plain[];
    return conditions.some(({ type, status }) => type === "Ready" && status === "True")
      ? "ready"
      : "not ready";
  }

  async becomes(wanted: "ready" | "not ready"): Promise<void> {
    await eventually(async () => expect(await this.readiness()).toBe(wanted));
  }

  /** Ends it, and waits until there is another one; see `becomes` for when that one has looked. */
  async restart(): Promise<void> {
    const before = await this.name();
    await this.#world.cluster.kubectl(["-n", "stowage-system", "delete", "pod", before]);
    await eventually(async () => {
      const pods = await this.#pods();
      expect(pods).toHaveLength(1);
      expect(at(pods[0], "metadata.name")).not.toBe(before);
    });
  }

  /** Stops or continues its process, as when it hangs. */
  async signal(signal: "STOP" | "CONT"): Promise<void> {
    await this.#world.onNode(this.#node, `kill -${signal} $(pgrep -f '[s]towage.mjs agent')`);
  }

  /** What it tells Prometheus. */
  async metrics(): Promise<string> {
    const host = String(at((await this.#pods())[0], "status.podIP"));
    const forward = await this.#world.cluster.forward({ host, port });
    try {
      return await (await fetch(`http://127.0.0.1:${forward.port}/metrics`)).text();
    } finally {
      await forward.close();
    }
  }

  /** How many commands of LVM's it has run since it started. */
  async lvmCommands(pattern = /^(fullreport|lv|vg|pv)/): Promise<number> {
    const counts = (await this.metrics()).matchAll(
      /^stowage_agent_command_duration_seconds_count\{command="(?<name>[^"]+)",[^}]*\} (?<count>\d+)$/gm,
    );
    return [...counts]
      .filter(({ groups }) => pattern.test(groups?.["name"] ?? ""))
      .reduce((total, { groups }) => total + Number(groups?.["count"]), 0);
  }

  /** Waits until it has looked at the node `times` more. */
  async looks(times: number): Promise<void> {
    const before = await this.lvmCommands(/^fullreport$/);
    await eventually(async () => {
      expect(await this.lvmCommands(/^fullreport$/)).toBeGreaterThanOrEqual(before + times);
    });
  }
}
