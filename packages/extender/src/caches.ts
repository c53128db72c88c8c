import type { Resource } from "@stowage/api";
import { labels, storageClasses } from "@stowage/api";
import type { Clock } from "@stowage/clock";
import { elapsed } from "@stowage/clock";
import type { Identified, Informer, KubeClient, Log, Selection } from "@stowage/kube";
import { startInformer } from "@stowage/kube";
import {
  cachedAdoptions,
  cachedAgents,
  cachedClaims,
  cachedNodes,
  cachedStorages,
} from "./cached.ts";
import type { Cluster, Sighting } from "./cluster.ts";
import type { Freshness } from "./freshness.ts";

type Cache = { readonly what: string; readonly state: Informer<unknown>["state"] };

/** Watches all that placement depends on and tells the cluster; the answer is how fresh it is. */
export const startCaches = (options: {
  readonly cluster: Cluster;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly namespace: string;
  readonly agentSelector: string;
  /** Told each time that a watch of a resource, by its plural, broke. */
  readonly lostTouch?: (plural: string) => void;
}): (() => Freshness) => {
  const { cluster, client, clock, random, log, signal, namespace, agentSelector } = options;
  const common = { client, clock, random, log, signal };
  const start = <T extends Identified>(
    resource: Resource<T>,
    see: (sighting: Sighting<T>) => void,
    selection: Selection = {},
  ): Cache => {
    const lostTouch = (): void => options.lostTouch?.(resource.plural);
    const informer = startInformer({ ...common, resource, selection, lostTouch });
    informer.subscribe(({ kind, object }) => {
      see({ kind: kind === "deleted" ? "gone" : "seen", object });
    });
    return { what: resource.plural, state: () => informer.state() };
  };
  const caches = [
    start(storageClasses, (sighting) => cluster.seeClass(sighting)),
    start(cachedStorages, (sighting) => cluster.seeStorage(sighting)),
    start(cachedClaims, (sighting) => cluster.seeClaim(sighting)),
    start(cachedAdoptions, (sighting) => cluster.seeAdoption(sighting), {
      labelSelector: `${labels.adopted}=true`,
    }),
    start(cachedNodes, (sighting) => cluster.seeNode(sighting)),
    start(cachedAgents, (sighting) => cluster.seeAgent(sighting), {
      namespace,
      labelSelector: agentSelector,
    }),
  ];
  return () => freshnessOf(caches, clock);
};

/** As fresh as the stalest of them. */
export const freshnessOf = (caches: readonly Cache[], clock: Pick<Clock, "moment">): Freshness => {
  const syncing = caches.filter(({ state }) => state().kind === "syncing");
  if (syncing.length > 0) {
    return { kind: "syncing", waitingFor: syncing.map(({ what }) => what) };
  }
  let stalest: Freshness = { kind: "live" };
  for (const { what, state } of caches) {
    const now = state();
    if (now.kind !== "stale") continue;
    const age = elapsed(now.since, clock.moment());
    if (stalest.kind === "live" || age > stalest.age) {
      stalest = { kind: "stale", what, why: now.why, age };
    }
  }
  return stalest;
};
