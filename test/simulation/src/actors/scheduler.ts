import { annotations, hostnameLabel } from "@stowage/api";
import { parseQuantity } from "@stowage/capacity";
import type { VirtualClock } from "@stowage/clock";
import { milliseconds, seconds } from "@stowage/clock";
import type { ClusterState } from "../cluster.ts";
import { annotated, isGoing, keyIn, withFinalizers } from "../cluster.ts";
import { kubeletFinalizer } from "../kinds.ts";
import type { Asked } from "../programs.ts";
import type { Random } from "../random.ts";
import type { Story } from "../story.ts";
import type { ClaimWire, NodeWire, PodWire } from "../wire.ts";
import { affinityOf, claimKeysOf } from "../wire-facts.ts";

const me = "kube-scheduler";
const bindTimeout = seconds(600);
/** Pods that nothing wakes are tried again. */
const flushPeriod = seconds(300);

type Waiting =
  | { readonly kind: "unschedulable"; readonly until: number }
  | { readonly kind: "backoff"; readonly until: number }
  | { readonly kind: "binding" };

/**
 * kube-scheduler, as far as volumes matter to it: samples nodes, asks the extender, assumes its
 * choice and writes selected-node later, waits for the volumes, binds the pod.
 * Source: k/k pkg/scheduler/framework/plugins/volumebinding/binder.go.
 */
export class Scheduler {
  readonly #cluster: ClusterState;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #story: Story;
  readonly #extender: () => Asked | undefined;
  readonly #waiting = new Map<string, Waiting>();
  readonly #attempts = new Map<string, number>();
  /** By claim: what a pod that is being bound is going to write. */
  readonly #assumed = new Map<string, string>();
  #cycle: "idle" | "busy" = "idle";
  #epoch = 0;

  constructor(site: {
    readonly cluster: ClusterState;
    readonly clock: VirtualClock;
    readonly random: Random;
    readonly story: Story;
    /** One of the extender's replicas. */
    readonly extender: () => Asked | undefined;
  }) {
    this.#cluster = site.cluster;
    this.#clock = site.clock;
    this.#random = site.random;
    this.#story = site.story;
    this.#extender = site.extender;
  }

  /** Another instance takes over: what was assumed is forgotten. */
  restart(): void {
    this.#epoch += 1;
    this.#waiting.clear();
    this.#assumed.clear();
    this.#attempts.clear();
    this.#cycle = "idle";
  }

  /** Something happened that may make a pod fit. */
  wake(): void {
    for (const [uid, { kind }] of this.#waiting) {
      if (kind === "unschedulable") this.#waiting.delete(uid);
    }
  }

  look(): "again" | "idle" {
    if (this.#cycle === "busy") return "again";
    const now = this.#clock.moment();
    for (const [uid, state] of this.#waiting) {
      if ("until" in state && state.until <= now) this.#waiting.delete(uid);
    }
    const pods = this.#cluster
      .all("pods")
      .filter(({ spec }) => spec.nodeName === undefined)
      .filter((pod) => !isGoing(pod) && !this.#waiting.has(pod.metadata.uid));
    const pod = this.#random.pick(pods);
    if (pod === undefined) return "idle";
    this.#cycle = "busy";
    const epoch = this.#epoch;
    this.#schedule(pod, epoch)
      .catch((error: unknown) => {
        if (this.#epoch !== epoch) return;
        this.#story.tell(me, () => `${keyIn(pod)}: ${String(error)}`);
        this.#backOff(pod);
      })
      .finally(() => {
        if (this.#epoch === epoch) this.#cycle = "idle";
      });
    return "again";
  }

  async #schedule(pod: PodWire, epoch: number): Promise<void> {
    const claims = this.#claimsOf(pod);
    const candidates =
      claims === undefined
        ? []
        : this.#cluster.all("nodes").filter((node) => this.#passes(node, claims));
    const sample = this.#random
      .shuffled(candidates)
      .slice(0, Math.max(1, candidates.length - this.#random.below(2)));
    const names = sample.map(({ metadata }) => metadata.name);
    const passed = names.length === 0 ? [] : await this.#ask(pod, names, epoch);
    const chosen = passed.length > 1 ? await this.#best(pod, passed, epoch) : passed[0];
    if (this.#epoch !== epoch) return;
    if (chosen === undefined) {
      this.#story.tell(
        me,
        () => `${keyIn(pod)} fits nowhere (asked about ${names.join(", ") || "no node"})`,
      );
      const until = this.#clock.moment() + flushPeriod;
      this.#waiting.set(pod.metadata.uid, { kind: "unschedulable", until });
      return;
    }
    for (const claim of claims ?? []) this.#assumed.set(keyIn(claim), chosen);
    this.#waiting.set(pod.metadata.uid, { kind: "binding" });
    this.#story.tell(me, () => `chooses ${chosen} for ${keyIn(pod)}`);
    this.#bind(pod, chosen, epoch).then(
      () => undefined,
      (error: unknown) => {
        if (this.#epoch !== epoch) return;
        for (const claim of claims ?? []) this.#assumed.delete(keyIn(claim));
        this.#story.tell(
          me,
          () => `${keyIn(pod)} is not bound: ${error instanceof Error ? error.message : ""}`,
        );
        this.#backOff(pod);
      },
    );
  }

  #claimsOf(pod: PodWire): ClaimWire[] | undefined {
    const claims: ClaimWire[] = [];
    for (const key of claimKeysOf(pod)) {
      const claim = this.#cluster.get("persistentvolumeclaims", key);
      if (claim === undefined || isGoing(claim)) return undefined;
      const storageClass = this.#cluster.get("storageclasses", claim.spec.storageClassName);
      const isBound = (claim.spec.volumeName ?? "") !== "";
      if (!isBound && storageClass?.volumeBindingMode !== "WaitForFirstConsumer") return undefined;
      claims.push(claim);
    }
    return claims;
  }

  #passes(node: NodeWire, claims: readonly ClaimWire[]): boolean {
    if (node.spec.unschedulable === true || (node.spec.taints ?? []).length > 0) return false;
    const { name } = node.metadata;
    return claims.every((claim) => {
      const { volumeName = "" } = claim.spec;
      if (volumeName !== "") {
        const volume = this.#cluster.get("persistentvolumes", volumeName);
        return (
          volume !== undefined &&
          affinityOf(volume).includes(node.metadata.labels?.[hostnameLabel] ?? "")
        );
      }
      const selected =
        claim.metadata.annotations?.[annotations.selectedNode] ?? this.#assumed.get(keyIn(claim));
      return (selected === undefined || selected === name) && this.#hasCapacity(claim, node);
    });
  }

  #hasCapacity({ spec }: ClaimWire, { metadata }: NodeWire): boolean {
    const need = parseQuantity(spec.resources.requests.storage);
    return this.#cluster
      .all("csistoragecapacities")
      .some(
        ({ storageClassName, nodeTopology, capacity, maximumVolumeSize }) =>
          storageClassName === spec.storageClassName &&
          Object.entries(nodeTopology.matchLabels).every(
            ([key, value]) => metadata.labels?.[key] === value,
          ) &&
          parseQuantity(maximumVolumeSize ?? capacity) >= need,
      );
  }

  async #ask(pod: PodWire, names: readonly string[], epoch: number): Promise<readonly string[]> {
    await this.#clock.sleep(milliseconds(this.#random.between(1, 8)));
    if (this.#epoch !== epoch) return [];
    const asked = this.#extender();
    if (asked === undefined) throw new Error("the extender does not answer");
    const passed = asked.filter(this.#call(pod, names));
    await this.#clock.sleep(milliseconds(this.#random.between(1, 8)));
    return passed;
  }

  async #best(pod: PodWire, names: readonly string[], epoch: number): Promise<string | undefined> {
    await this.#clock.sleep(milliseconds(this.#random.between(1, 8)));
    if (this.#epoch !== epoch) return undefined;
    let scores: ReadonlyMap<string, number> = new Map();
    try {
      scores = this.#extender()?.prioritize(this.#call(pod, names)) ?? scores;
    } catch {
      // Errors of prioritize count for nothing: all nodes are equal then.
    }
    const most = Math.max(...names.map((name) => scores.get(name) ?? 0));
    return this.#random.pick(names.filter((name) => (scores.get(name) ?? 0) === most));
  }

  #call(pod: PodWire, names: readonly string[]): Buffer {
    return Buffer.from(JSON.stringify({ Pod: pod, Nodes: null, NodeNames: names }));
  }

  async #bind(pod: PodWire, chosen: string, epoch: number): Promise<void> {
    const names = claimKeysOf(pod);
    const versions = new Map(
      names.map((key) => [
        key,
        this.#cluster.get("persistentvolumeclaims", key)?.metadata.resourceVersion,
      ]),
    );
    for (const key of names) {
      await this.#pause(this.#random.isOneIn(8) ? 6000 : 30, epoch);
      const claim = this.#cluster.get("persistentvolumeclaims", key);
      if (claim === undefined) throw new Error(`claim ${key} is gone`);
      if ((claim.spec.volumeName ?? "") !== "") continue;
      if (claim.metadata.annotations?.[annotations.selectedNode] === chosen) continue;
      if (claim.metadata.resourceVersion !== versions.get(key)) {
        throw new Error(`claim ${key} was changed in between`);
      }
      this.#cluster.change(me, "persistentvolumeclaims", key, (now) =>
        annotated(now, { [annotations.selectedNode]: chosen }),
      );
    }
    const begun = this.#clock.moment();
    while (!this.#areBound(pod, names, chosen)) {
      if (this.#clock.moment() - begun > bindTimeout)
        throw new Error("its volumes are not bound in time");
      await this.#pause(1000, epoch);
    }
    for (const key of names) this.#assumed.delete(key);
    await this.#pause(20, epoch);
    this.#cluster.change(me, "pods", keyIn(pod), (now) =>
      now.metadata.uid === pod.metadata.uid
        ? withFinalizers({ ...now, spec: { ...now.spec, nodeName: chosen } }, (all) => [
            ...all,
            kubeletFinalizer,
          ])
        : now,
    );
    this.#waiting.delete(pod.metadata.uid);
  }

  async #pause(span: number, epoch: number): Promise<void> {
    await this.#clock.sleep(milliseconds(this.#random.between(span / 2, span)));
    if (this.#epoch !== epoch) throw new Error("another instance took over");
  }

  #areBound(pod: PodWire, names: readonly string[], chosen: string): boolean {
    const now = this.#cluster.get("pods", keyIn(pod));
    if (now === undefined || now.metadata.uid !== pod.metadata.uid || isGoing(now)) {
      throw new Error("the pod is gone");
    }
    const node = this.#cluster.get("nodes", chosen);
    if (node === undefined) throw new Error(`node ${chosen} is gone`);
    return names.every((key) => {
      const claim = this.#cluster.get("persistentvolumeclaims", key);
      if (claim === undefined) throw new Error(`claim ${key} is gone`);
      const { volumeName = "" } = claim.spec;
      if (volumeName !== "") {
        const volume = this.#cluster.get("persistentvolumes", volumeName);
        if (volume === undefined) throw new Error(`${volumeName} is gone`);
        if (!affinityOf(volume).includes(node.metadata.labels?.[hostnameLabel] ?? "")) {
          throw new Error(`${volumeName} is on another node`);
        }
        return true;
      }
      if (claim.metadata.annotations?.[annotations.selectedNode] !== chosen) {
        throw new Error(`provisioning failed for ${key}`);
      }
      return false;
    });
  }

  #backOff({ metadata }: PodWire): void {
    const attempts = (this.#attempts.get(metadata.uid) ?? 0) + 1;
    this.#attempts.set(metadata.uid, attempts);
    const span = Math.min(10_000, 1000 * 2 ** (attempts - 1));
    this.#waiting.set(metadata.uid, { kind: "backoff", until: this.#clock.moment() + span });
  }
}
