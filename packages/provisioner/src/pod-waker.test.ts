import type { Claim, NodeLocalStorage, StorageClass } from "@stowage/api";
import { annotations, keyOf, pods as podResource } from "@stowage/api";
import { seconds, VirtualClock } from "@stowage/clock";
import type { Informer, KubeClient } from "@stowage/kube";
import { expect, test } from "vitest";
import { capacityName } from "./capacity-object.ts";
import { PodWaker } from "./pod-waker.ts";
import { claimWith, groupWith, nodeWith, storageClassWith } from "./testing/objects.ts";

const ignore = (): void => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const never = (): never => {
  throw new Error("this is not asked for");
};

const listOf = <T>(objects: Map<string, T>): Informer<T> => ({
  get: (key) => objects.get(key),
  list: () => objects.values(),
  size: objects.size,
  state: never,
  synced: never,
  subscribe: never,
});

const agentPod = (ready: "True" | "False") =>
  podResource.parse({
    metadata: { namespace: "stowage-system", name: "agent", uid: "uid-of-agent" },
    spec: { nodeName: "n1" },
    status: { conditions: [{ type: "Ready", status: ready }] },
  });

/** A waker over one claim of 1 GiB, one class and `group`, whose agent is away at first if so said. */
const started = (group: NodeLocalStorage, agent: "ready" | "away" = "ready") => {
  const clock = new VirtualClock();
  const touched: { readonly at: number; readonly name: string; readonly body: unknown }[] = [];
  const client: KubeClient = {
    patch: async (_resource, { name }, patch) => {
      touched.push({
        at: clock.moment() / 1000,
        name,
        body: patch.kind === "merge" ? patch.body : never(),
      });
      return undefined as never;
    },
    find: never,
    get: never,
    list: never,
    create: never,
    replace: never,
    delete: never,
    watch: never,
  };
  const claims = new Map<string, Claim>();
  const node = { state: agent };
  const pod = { state: "waits" };
  const waker = new PodWaker({
    client,
    clock,
    random: () => 0,
    log,
    caches: {
      // What is read of a claim here is not its status.
      claims: listOf(claims) as Informer<never>,
      groups: listOf(new Map([[group.metadata.name, group]])),
      storageClasses: listOf(new Map<string, StorageClass>([["fast", storageClassWith()]])),
    },
    pods: { isAwaited: () => pod.state === "waits" },
    nodeStates: {
      of: (name) =>
        node.state === "ready"
          ? { kind: "usable", node: nodeWith(name) }
          : { kind: "agent_not_ready", since: clock.moment() },
    },
    group: () => group,
    namespace: "stowage-system",
  });
  void waker.queue.run((name) => waker.reconcile(name), {
    concurrency: 1,
    signal: new AbortController().signal,
  });
  const see = (kind: "added" | "deleted", claim: Claim): void => {
    if (kind === "deleted") claims.delete(keyOf(claim));
    else claims.set(keyOf(claim), claim);
    waker.seeClaim({ kind, object: claim });
  };
  const agentIsReady = (): void => {
    node.state = "ready";
    waker.seeAgent({ kind: "updated", object: agentPod("True"), previous: agentPod("False") });
  };
  const podIs = (state: "waits" | "gone", claim: Claim): void => {
    pod.state = state;
    waker.seePodOf(claim);
  };
  return { clock, touched, see, agentIsReady, podIs };
};

test("a published capacity is touched for a claim that nobody places although it fits, and says no other number", async () => {
  const { clock, touched, see } = started(groupWith({}));
  see("added", claimWith({}));
  await clock.advance(seconds(11));
  expect(touched).toEqual([
    {
      at: 10,
      name: capacityName("fast", "n1.fast"),
      body: { metadata: { annotations: { [annotations.wokenAt]: "1970-01-01T00:00:10.000Z" } } },
    },
  ]);
});

test("nothing is touched for claims that have a node, are gone, or fit nowhere", async () => {
  const { clock, touched, see } = started(groupWith({}));
  see("added", claimWith({}));
  see("added", claimWith({ selectedNode: "n1" }));
  see("added", claimWith({ metadata: { name: "gone" } }));
  see("deleted", claimWith({ metadata: { name: "gone" } }));
  see(
    "added",
    claimWith({
      metadata: { name: "huge" },
      spec: { resources: { requests: { storage: "11Gi" } } },
    }),
  );
  await clock.advance(seconds(300));
  expect(touched).toEqual([]);
});

test("a claim that was refused because an agent was not Ready is placed when it is: the pod is woken at once", async () => {
  const { clock, touched, see, agentIsReady } = started(groupWith({}), "away");
  see("added", claimWith({}));
  await clock.advance(seconds(60));
  expect(touched).toEqual([]);
  agentIsReady();
  await clock.advance(seconds(1));
  expect(touched).toMatchObject([{ at: 60 }]);
});

test("a claim without a pod wakes nobody, and one that comes later begins from when it came", async () => {
  const { clock, touched, see, podIs } = started(groupWith({}));
  const claim = claimWith({});
  podIs("gone", claim);
  see("added", claim);
  await clock.advance(seconds(1000));
  podIs("waits", claim);
  await clock.advance(seconds(11));
  podIs("gone", claim);
  await clock.advance(seconds(1000));
  expect(touched).toMatchObject([{ at: 1010 }]);
});
