import type { Claim, NodeLocalStorage, Pod, StorageClass } from "@stowage/api";
import {
  annotations,
  csiStorageCapacities,
  groupOf,
  isDeleting,
  keyOf,
  parseClassParameters,
  provisionerName,
} from "@stowage/api";
import type { Group } from "@stowage/capacity";
import { free } from "@stowage/capacity";
import type { Clock } from "@stowage/clock";
import type { Change, KubeClient, Log, Next } from "@stowage/kube";
import { again, done, isKubeError, WorkQueue } from "@stowage/kube";
import type { Caches } from "./caches.ts";
import { capacityName } from "./capacity-object.ts";
import { refusalOfNode } from "./elect-node.ts";
import type { NodeStates } from "./node-states.ts";
import type { Lingering } from "./plan-wakes.ts";
import { firstWait, planWakes } from "./plan-wakes.ts";
import type { PodIndex } from "./pod-index.ts";

type WakerEdge = {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly caches: Pick<Caches, "claims" | "storageClasses"> & {
    readonly groups: Pick<Caches["groups"], "list">;
  };
  readonly pods: Pick<PodIndex, "isAwaited">;
  readonly nodeStates: Pick<NodeStates, "of">;
  readonly group: (name: string) => NodeLocalStorage | undefined;
  /** Where capacity is published. */
  readonly namespace: string;
};

type Candidate = { readonly name: string; readonly group: Group };

/**
 * Wakes pods that kube-scheduler has put aside although there is room for their claims. It tries a
 * pod that an extender refused again when an object changes that it knows, else after 5 minutes; what
 * the extender refuses for can pass without one: see plan-wakes.ts. Then a published
 * CSIStorageCapacity is touched. Keys are names of classes: one touch wakes all pods.
 */
export class PodWaker {
  readonly queue: WorkQueue;
  readonly #edge: WakerEdge;
  /** By class, then by claim: those that no node was chosen for. */
  readonly #waiting = new Map<string, Map<string, Lingering | undefined>>();
  readonly #usableAgain = new Set<string>();

  constructor(options: WakerEdge & Pick<ConstructorParameters<typeof WorkQueue>[0], "random">) {
    this.#edge = options;
    this.queue = new WorkQueue(options);
  }

  seeClaim({ kind, object }: Change<Claim>): void {
    const { storageClassName = "" } = object.spec;
    const isWaiting = kind !== "deleted" && this.#isUnplaced(object);
    const ofClass = this.#waiting.get(storageClassName) ?? new Map<string, Lingering | undefined>();
    if (!isWaiting) ofClass.delete(keyOf(object));
    else if (!ofClass.has(keyOf(object))) {
      ofClass.set(keyOf(object), undefined);
      this.queue.addAfter(storageClassName, firstWait);
    }
    if (ofClass.size === 0) this.#waiting.delete(storageClassName);
    else this.#waiting.set(storageClassName, ofClass);
  }

  /** A pod that uses the claim came, went or got a node. */
  seePodOf({ spec: { storageClassName = "" } }: Claim): void {
    if (this.#waiting.has(storageClassName)) this.queue.addAfter(storageClassName, firstWait);
  }

  /** To be called after `nodeStates` has followed the change. */
  seeAgent(change: Change<Pod>): void {
    const isReady = change.kind !== "deleted" && change.object.ready === "ready";
    const wasReady = change.kind === "updated" && change.previous.ready === "ready";
    if (!isReady || wasReady) return;
    for (const className of this.#waiting.keys()) {
      this.#usableAgain.add(className);
      this.queue.add(className);
    }
  }

  async reconcile(className: string): Promise<Next> {
    const { caches, clock, pods } = this.#edge;
    const ofClass = this.#waiting.get(className);
    const storageClass = caches.storageClasses.get(className);
    if (ofClass === undefined || storageClass === undefined) return done;
    const claims: Claim[] = [];
    for (const key of ofClass.keys()) {
      const claim = caches.claims.get(key);
      if (claim !== undefined && pods.isAwaited(claim)) claims.push(claim);
      else ofClass.set(key, undefined);
    }
    if (claims.length === 0) return done;
    const candidate = this.#roomiest(storageClass);
    const { wake, lingering, after } = planWakes(
      claims.map((claim) => ({
        request: claim.spec.request,
        lingering: ofClass.get(keyOf(claim)),
      })),
      candidate?.group,
      clock.moment(),
      this.#usableAgain.has(className) ? "usable_again" : "none",
    );
    if (wake === "now" && candidate !== undefined) await this.#touch(className, candidate.name);
    this.#usableAgain.delete(className);
    for (const [index, claim] of claims.entries()) {
      // It may have been placed while the touch was under way.
      if (ofClass.has(keyOf(claim))) ofClass.set(keyOf(claim), lingering[index]);
    }
    return again(after);
  }

  #isUnplaced(claim: Claim): boolean {
    const storageClass = this.#edge.caches.storageClasses.get(claim.spec.storageClassName ?? "");
    return (
      claim.spec.volumeName === "" &&
      claim.selectedNode === undefined &&
      !isDeleting(claim) &&
      storageClass?.provisioner === provisionerName &&
      storageClass.volumeBindingMode === "WaitForFirstConsumer"
    );
  }

  /** Of the groups that can be used now, the one with most room: where a claim fits if it fits. */
  #roomiest(storageClass: StorageClass): Candidate | undefined {
    const { caches, nodeStates, group: newest } = this.#edge;
    const parsed = parseClassParameters(storageClass);
    if (parsed.kind === "invalid") return undefined;
    let best: Candidate | undefined;
    for (const { metadata, spec } of caches.groups.list()) {
      if (spec.volumeGroup !== parsed.parameters.volumeGroup) continue;
      const object = newest(metadata.name);
      const state = nodeStates.of(spec.nodeName);
      if (object === undefined || refusalOfNode(state, spec.nodeName, storageClass)) continue;
      const group = groupOf(object);
      if (group.state.kind !== "ready") continue;
      if (best === undefined || free(group) > free(best.group)) {
        best = { name: metadata.name, group };
      }
    }
    return best;
  }

  /** Changes nothing of what the object says: that it changes is what wakes. */
  async #touch(className: string, groupName: string): Promise<void> {
    const { client, clock, namespace, log } = this.#edge;
    const name = capacityName(className, groupName);
    const body = {
      metadata: { annotations: { [annotations.wokenAt]: new Date(clock.now()).toISOString() } },
    };
    try {
      await client.patch(csiStorageCapacities, { namespace, name }, { kind: "merge", body });
      log.info({ class: className }, "woke pods that wait although there is room");
    } catch (error) {
      // When it is published it wakes them, too.
      if (!isKubeError(error, "not_found")) throw error;
    }
  }
}
