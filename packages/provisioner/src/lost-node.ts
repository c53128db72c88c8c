import type { NodeLocalStorage } from "@stowage/api";
import { annotations, apiVersionOf, nodeLocalStorages } from "@stowage/api";
import type { EventRecorder, KubeClient, Log, Next, WorkQueue as Queue } from "@stowage/kube";
import { done, isKubeError, WorkQueue } from "@stowage/kube";
import type { Caches } from "./caches.ts";
import type { NodeState } from "./seen-volume.ts";

/** Whether the volumes of a group can still be removed by the agent of its node. */
type Loss =
  | { readonly kind: "none" }
  /** The Node is gone, but its disks may come back. */
  | { readonly kind: "unconfirmed"; readonly why: string }
  /** An admin said that neither the node nor its disks come back. */
  | { readonly kind: "confirmed" };

/**
 * A node is lost only when its Node object is gone and the annotation on the NodeLocalStorage names
 * that very node: neither the loss of one object nor a command on all of them is enough.
 */
export const lossOf = ({ metadata, spec }: NodeLocalStorage, state: NodeState): Loss => {
  if (state.kind !== "gone") return { kind: "none" };
  if (metadata.annotations[annotations.nodeLost] === spec.nodeName) return { kind: "confirmed" };
  return {
    kind: "unconfirmed",
    why: `node ${spec.nodeName} no longer exists, so its volume is removed when it comes back; if it never will: kubectl annotate nls ${metadata.name} ${annotations.nodeLost}=${spec.nodeName}`,
  };
};

type LostNodesEdge = {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly events: EventRecorder;
  readonly log: Log;
  /** The volumes to look at again. */
  readonly volumes: Pick<Queue, "add">;
};

/**
 * Has the volumes of a group looked at again when its node goes, comes, or is said to be lost; and takes
 * the annotation back when the node is there, so that it never speaks of a later absence.
 */
export class LostNodes {
  readonly #edge: LostNodesEdge;
  readonly #queue: Queue;

  constructor(options: LostNodesEdge & ConstructorParameters<typeof WorkQueue>[0]) {
    this.#edge = options;
    this.#queue = new WorkQueue(options);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { caches } = this.#edge;
    const subscriptions = [
      caches.groups.subscribe((change) => {
        const before = change.kind === "updated" ? annotationOf(change.previous) : undefined;
        if (annotationOf(change.object) !== before) this.#queue.add(change.object.metadata.name);
      }),
      caches.nodes.subscribe(({ kind, object }) => {
        if (kind === "updated") return;
        for (const { metadata, spec } of caches.groups.list()) {
          if (spec.nodeName === object.metadata.name) this.#queue.add(metadata.name);
        }
      }),
    ];
    try {
      await this.#queue.run((name) => this.#reconcile(name), { concurrency: 1, signal });
    } finally {
      for (const unsubscribe of subscriptions) unsubscribe();
    }
  }

  async #reconcile(name: string): Promise<Next> {
    const { caches, volumes } = this.#edge;
    const group = caches.groups.get(name);
    if (group === undefined) return done;
    for (const volume of caches.persistentVolumes.list()) {
      if (volume.group === name && volume.phase !== "Bound") volumes.add(volume.metadata.name);
    }
    const isThere = caches.nodes.get(group.spec.nodeName) !== undefined;
    if (isThere && annotationOf(group) !== undefined) await this.#takeBack(group);
    return done;
  }

  async #takeBack({ metadata, spec }: NodeLocalStorage): Promise<void> {
    const { client, events, log } = this.#edge;
    const { name, uid } = metadata;
    const path = `/metadata/annotations/${annotations.nodeLost.replaceAll("/", "~1")}`;
    try {
      const operations = [
        { op: "test", path: "/metadata/uid", value: uid },
        { op: "remove", path },
      ] as const;
      await client.patch(nodeLocalStorages, { name }, { kind: "json", operations });
    } catch (error) {
      // It was taken off, or the object is gone or another one by now.
      if (!isKubeError(error, "invalid", "conflict", "not_found")) throw error;
      return;
    }
    const message = `node ${spec.nodeName} exists, so it is not lost: the annotation ${annotations.nodeLost} was taken off; delete the Node first if it is gone for good`;
    log.warn({ group: name, node: spec.nodeName }, message);
    const { kind } = nodeLocalStorages;
    events.emit(
      { apiVersion: apiVersionOf(nodeLocalStorages), kind, namespace: "", name, uid },
      { type: "Warning", reason: "NodeNotLost", message },
    );
  }
}

const annotationOf = ({ metadata }: NodeLocalStorage): string | undefined =>
  metadata.annotations[annotations.nodeLost];
