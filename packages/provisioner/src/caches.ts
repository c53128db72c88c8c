import type {
  ClaimWithStatus,
  CsiStorageCapacity,
  Node,
  PersistentVolume,
  Pod,
  PodPlacement,
  Resource,
  StorageClass,
} from "@stowage/api";
import {
  agentPodLabels,
  claimsWithStatus,
  csiStorageCapacities,
  nodeLocalStorages,
  nodes,
  persistentVolumes,
  podPlacements,
  pods,
  storageClasses,
} from "@stowage/api";
import type { Clock } from "@stowage/clock";
import type { Identified, Informer, KubeClient, Log, Selection } from "@stowage/kube";
import { startInformer } from "@stowage/kube";
import type { Groups } from "./shared-groups.ts";
import { withSharedRefused } from "./shared-groups.ts";

/** Everything the provisioner watches. */
export type Caches = {
  readonly claims: Informer<ClaimWithStatus>;
  readonly persistentVolumes: Informer<PersistentVolume>;
  readonly storageClasses: Informer<StorageClass>;
  readonly groups: Groups;
  readonly nodes: Informer<Node>;
  readonly agentPods: Informer<Pod>;
  /** Those that do not run yet, of all namespaces: which claims belong together, and to which node. */
  readonly pendingPods: Informer<PodPlacement>;
  readonly capacities: Informer<CsiStorageCapacity>;
};

const agentSelector = Object.entries(agentPodLabels)
  .map(([key, value]) => `${key}=${value}`)
  .join(",");

/** Starts all watches; they run until `signal` aborts. */
export const startCaches = (options: {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Where the agents run, and where capacity is published. */
  readonly namespace: string;
  /** Told each time that a watch of a resource, by its plural, broke. */
  readonly lostTouch: (plural: string) => void;
}): Caches => {
  const { namespace, lostTouch, ...common } = options;
  const start = <T extends Identified>(
    resource: Resource<T>,
    selection: Selection = {},
  ): Informer<T> =>
    startInformer({ ...common, resource, selection, lostTouch: () => lostTouch(resource.plural) });
  return {
    claims: start(claimsWithStatus),
    persistentVolumes: start(persistentVolumes),
    storageClasses: start(storageClasses),
    groups: withSharedRefused(start(nodeLocalStorages)),
    nodes: start(nodes),
    agentPods: start(pods, { namespace, labelSelector: agentSelector }),
    pendingPods: start(podPlacements, { fieldSelector: "status.phase=Pending" }),
    capacities: start(csiStorageCapacities, { namespace }),
  };
};

/** Resolves once every cache holds a whole first list. */
export const cachesSynced = async (caches: Caches, signal: AbortSignal): Promise<void> => {
  await Promise.all(
    [
      caches.claims,
      caches.persistentVolumes,
      caches.storageClasses,
      caches.groups,
      caches.nodes,
      caches.agentPods,
      caches.pendingPods,
      caches.capacities,
    ].map((informer) => informer.synced(signal)),
  );
};
