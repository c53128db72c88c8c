import type { Node, Pod } from "@stowage/api";
import type { Clock, Moment } from "@stowage/clock";
import type { Change, Informer } from "@stowage/kube";
import type { NodeState } from "./seen-volume.ts";

/**
 * Follows which nodes' agents are Ready. The kubelet is the watchdog: it probes the agent and turns
 * its Pod's Ready condition, so there is no heartbeat of Stowage's own.
 */
export class NodeStates {
  readonly #ready = new Map<string, Set<string>>();
  readonly #awaySince = new Map<string, Moment>();
  readonly #clock: Clock;
  readonly #nodes: Informer<Node>;
  readonly #started: Moment;

  constructor(clock: Clock, nodes: Informer<Node>) {
    this.#clock = clock;
    this.#nodes = nodes;
    this.#started = clock.moment();
  }

  /** Follows one change of an agent's Pod. */
  apply(change: Change<Pod>): void {
    if (change.kind === "updated") this.#forget(change.previous);
    if (change.kind === "deleted") this.#forget(change.object);
    else this.#note(change.object);
  }

  of(nodeName: string): NodeState {
    const node = this.#nodes.get(nodeName);
    if (node === undefined) return { kind: "gone" };
    if ((this.#ready.get(nodeName)?.size ?? 0) > 0) return { kind: "usable", node };
    return {
      kind: "agent_not_ready",
      // A node whose agent was never seen counts from when this program began to look.
      since: this.#awaySince.get(nodeName) ?? this.#started,
    };
  }

  #note(pod: Pod): void {
    if (pod.nodeName === undefined || pod.ready === "not_ready") return;
    const pods = this.#ready.get(pod.nodeName) ?? new Set();
    this.#ready.set(pod.nodeName, pods.add(pod.metadata.uid));
    this.#awaySince.delete(pod.nodeName);
  }

  #forget(pod: Pod): void {
    if (pod.nodeName === undefined) return;
    const pods = this.#ready.get(pod.nodeName);
    if (pods?.delete(pod.metadata.uid) === true && pods.size === 0) {
      this.#awaySince.set(pod.nodeName, this.#clock.moment());
    }
  }
}
