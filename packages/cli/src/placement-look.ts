import type { Claim, NodeLocalStorage, Resource, StorageClass } from "@stowage/api";
import { claims, labels, nodeLocalStorages, storageClasses } from "@stowage/api";
import type { Strategy } from "@stowage/capacity";
import type { Clock } from "@stowage/clock";
import { minutes, seconds } from "@stowage/clock";
import {
  cachedAdoptions,
  cachedAgents,
  cachedClaims,
  cachedNodes,
  cachedStorages,
  Cluster,
  Extender,
} from "@stowage/extender";
import type { KubeClient } from "@stowage/kube";
import { isOf } from "./program-pods.ts";
import type { ProgramPod } from "./resources.ts";
import { ifReadable, programPods } from "./resources.ts";

/** All that a placement depends on, as the extender sees it and as people are told of it. */
export type PlacementLook = {
  readonly extender: Extender;
  readonly groups: readonly NodeLocalStorage[];
  /** Without those that cannot be read; the extender knows these too. */
  readonly claims: readonly Claim[];
  readonly classes: readonly StorageClass[];
};

/** One object read in two ways. */
const both = <A, B>(first: Resource<A>, second: Resource<B>): Resource<readonly [A, B]> => ({
  ...first,
  parse: (object) => [first.parse(object), second.parse(object)],
});

/**
 * Lists what the extender watches and gives it to the extender's own code. Promises for pods that
 * were placed in the last seconds are only in the memory of the one that runs.
 */
export const lookAtPlacement = async (
  client: KubeClient,
  clock: Pick<Clock, "moment">,
): Promise<PlacementLook> => {
  const [groups, allClaims, adoptions, classes, nodes, pods] = await Promise.all([
    client.list(both(nodeLocalStorages, cachedStorages)),
    client.list(both(ifReadable(claims), cachedClaims)),
    client.list(cachedAdoptions, { labelSelector: `${labels.adopted}=true` }),
    client.list(storageClasses),
    client.list(cachedNodes),
    client.list(both(programPods, cachedAgents), {
      labelSelector: "app.kubernetes.io/name=stowage",
    }),
  ]);
  const cluster = new Cluster();
  const kind = "seen";
  for (const object of classes.items) cluster.seeClass({ kind, object });
  for (const [, object] of groups.items) cluster.seeStorage({ kind, object });
  for (const [, object] of allClaims.items) cluster.seeClaim({ kind, object });
  for (const object of adoptions.items) cluster.seeAdoption({ kind, object });
  for (const object of nodes.items) cluster.seeNode({ kind, object });
  for (const [pod, object] of pods.items) {
    if (isOf("agent", pod)) cluster.seeAgent({ kind, object });
  }
  return {
    extender: extenderOver(cluster, clock, strategyOf(pods.items.map(([pod]) => pod))),
    groups: groups.items.map(([group]) => group),
    claims: allClaims.items.flatMap(([claim]) => (claim === undefined ? [] : [claim])),
    classes: classes.items,
  };
};

const extenderOver = (
  cluster: Cluster,
  clock: Pick<Clock, "moment">,
  strategy: Strategy,
): Extender =>
  new Extender({
    cluster,
    clock,
    freshness: () => ({ kind: "live" }),
    staleLimit: seconds(60),
    // As long as any call of the CLI takes.
    promiseLifetime: minutes(60),
    strategy,
  });

/** The setting of the extender that runs. */
const strategyOf = (pods: readonly ProgramPod[]): Strategy => {
  const settings = pods
    .filter((pod) => isOf("extender", pod))
    .flatMap(({ spec }) => spec.containers.flatMap(({ env }) => env));
  return settings.find(({ name }) => name === "STRATEGY")?.value === "binpack"
    ? "binpack"
    : "spread";
};
