import { agentPodLabels, hostnameLabel } from "@stowage/api";
import type { ClusterState } from "../cluster.ts";
import { isGoing, keyIn, withFinalizers } from "../cluster.ts";
import type { Host } from "../host.ts";
import type { Invariants } from "../invariants.ts";
import { kubeletFinalizer } from "../kinds.ts";
import type { Program } from "../program.ts";
import { namespace } from "../programs.ts";
import type { Random } from "../random.ts";
import type { Story } from "../story.ts";
import type { PodWire } from "../wire.ts";
import { claimKeysOf, volumeAt } from "../wire-facts.ts";

type Act = () => void;

/** A pod's volume, and how it has it. */
type Mountable = { readonly uid: string; readonly name: string; readonly mode: string };

/** One node's kubelet: registers the Node, probes the agent, mounts, grows and lets go. */
export class Kubelet {
  readonly host: Host;
  readonly agent: Program;
  /** What the agent's readiness probe finds; undefined when it is ready. */
  whyNotReady: () => string | undefined = () => "was not started";
  readonly #me: string;
  readonly #cluster: ClusterState;
  readonly #random: Random;
  readonly #story: Story;
  readonly #invariants: Invariants;
  readonly #check: (act: () => void) => void;
  /** Logical volumes that pods of this node use, by pod's uid. */
  readonly #mounted = new Map<string, readonly string[]>();

  constructor(
    host: Host,
    agent: Program,
    site: {
      readonly cluster: ClusterState;
      readonly random: Random;
      readonly story: Story;
      readonly invariants: Invariants;
      readonly check: (act: () => void) => void;
    },
  ) {
    this.host = host;
    this.agent = agent;
    this.#me = `kubelet-${host.name}`;
    this.#cluster = site.cluster;
    this.#random = site.random;
    this.#story = site.story;
    this.#invariants = site.invariants;
    this.#check = site.check;
  }

  /** The machine came up: everything on it begins anew. */
  boot(): void {
    this.#mounted.clear();
    this.register();
    this.agent.start();
  }

  register(): void {
    const { name } = this.host;
    const labels = { [hostnameLabel]: `host-${name}` };
    this.#cluster.create(this.#me, "nodes", { metadata: { name, labels }, spec: {} });
    this.#cluster.create(this.#me, "pods", {
      metadata: { namespace, name: this.agentPod, labels: agentPodLabels },
      spec: { nodeName: name, volumes: [] },
    });
  }

  get agentPod(): string {
    return `stowage-agent-${this.host.name}`;
  }

  look(): "again" | "idle" {
    if (!this.host.isOn) return "idle";
    const acts = this.#cluster
      .all("pods")
      .filter(({ spec }) => spec.nodeName === this.host.name && spec.volumes.length > 0)
      .flatMap((pod) => this.#forPod(pod));
    this.#random.pick(acts)?.();
    return acts.length > 1 ? "again" : "idle";
  }

  /** Every few seconds: whether the agent is ready. */
  probe(): void {
    const isNode = this.#cluster.get("nodes", this.host.name) !== undefined;
    if (!isNode) return;
    if (
      this.host.isOn &&
      this.#cluster.get("pods", `${namespace}/${this.agentPod}`) === undefined
    ) {
      this.register();
    }
    const isReady =
      this.host.isOn && this.agent.life?.isRunning === true && this.whyNotReady() === undefined;
    this.#cluster.change(
      this.#me,
      "pods",
      `${namespace}/${this.agentPod}`,
      (pod) => ({
        ...pod,
        status: {
          phase: "Running",
          conditions: [{ type: "Ready", status: isReady ? "True" : "False" }],
        },
      }),
      "status",
    );
  }

  #forPod(pod: PodWire): Act[] {
    const { uid } = pod.metadata;
    if (isGoing(pod)) {
      return [
        () => {
          this.#letGo(uid);
          this.#cluster.change(this.#me, "pods", keyIn(pod), (now) =>
            withFinalizers(now, (all) => all.filter((name) => name !== kubeletFinalizer)),
          );
        },
      ];
    }
    if (this.#mounted.has(uid)) return this.#grow(pod);
    const volumes = this.#volumesOf(pod);
    return volumes === undefined ? [] : [() => this.#mount(pod, volumes)];
  }

  /** The pod's logical volumes if all are there to be mounted. */
  #volumesOf(pod: PodWire): Mountable[] | undefined {
    const found: Mountable[] = [];
    for (const key of claimKeysOf(pod)) {
      const claim = this.#cluster.get("persistentvolumeclaims", key);
      const volume = this.#cluster.get("persistentvolumes", claim?.spec.volumeName ?? "");
      if (claim === undefined || volume === undefined) return undefined;
      const { group, name } = volumeAt(volume);
      const lv = this.host.node.group(group)?.volumes.find((other) => other.name === name);
      if (lv?.activation !== "active" || lv.link !== "present") return undefined;
      found.push({ uid: claim.metadata.uid, name, mode: claim.spec.volumeMode ?? "Filesystem" });
    }
    return found;
  }

  #mount(pod: PodWire, volumes: readonly Mountable[]): void {
    for (const { uid, name, mode } of volumes) {
      const lv = this.host.node.groups
        .flatMap((group) => group.volumes)
        .find((other) => other.name === name);
      if (lv === undefined) return;
      this.#check(() => this.#invariants.mounted(this.host, name, uid));
      if (mode === "Block") this.#check(() => this.#invariants.readable(this.host, lv, uid));
      lv.use = "open";
      lv.content = "data";
      lv.wiped = 0;
      this.host.node.overwrite(lv, uid);
      this.host.contents.set(name, uid);
    }
    this.#mounted.set(
      pod.metadata.uid,
      volumes.map(({ name }) => name),
    );
    this.#story.tell(this.#me, () => `runs ${keyIn(pod)}`);
    this.#cluster.change(
      this.#me,
      "pods",
      keyIn(pod),
      (now) => ({ ...now, status: { ...now.status, phase: "Running" } }),
      "status",
    );
  }

  #letGo(uid: string): void {
    const names = this.#mounted.get(uid) ?? [];
    this.#mounted.delete(uid);
    const stillUsed = new Set([...this.#mounted.values()].flat());
    for (const group of this.host.node.groups) {
      for (const lv of group.volumes) {
        if (names.includes(lv.name) && !stillUsed.has(lv.name)) lv.use = "closed";
      }
    }
  }

  /** The file system grows when the claim says that the volume has. */
  #grow(pod: PodWire): Act[] {
    return claimKeysOf(pod).flatMap((key): Act[] => {
      const claim = this.#cluster.get("persistentvolumeclaims", key);
      if (claim?.status.allocatedResourceStatuses?.storage !== "NodeResizePending") return [];
      return [
        () =>
          this.#cluster.change(
            this.#me,
            "persistentvolumeclaims",
            key,
            (now) => {
              const { allocatedResourceStatuses: _, ...status } = now.status;
              const capacity = status.allocatedResources ?? status.capacity;
              return { ...now, status: { ...status, capacity, conditions: [] } };
            },
            "status",
          ),
      ];
    });
  }
}
