import type { Node, NodeLocalStorage } from "@stowage/api";
import { VirtualClock } from "@stowage/clock";
import type { Informer, KubeClient, WorkQueue } from "@stowage/kube";
import { expect, test } from "vitest";
import type { Caches } from "./caches.ts";
import { capacityName } from "./capacity-object.ts";
import { CapacityPublisher } from "./capacity-publisher.ts";
import { groupWith, nodeWith, storageClassWith } from "./testing/objects.ts";

/** A copy of a collection, of which only what is in it matters. */
const informerOf = <T extends { readonly metadata: { readonly name: string } }>(
  objects: Map<string, T>,
): Informer<T> =>
  ({
    get: (name: string) => objects.get(name),
    list: () => objects.values(),
    get size() {
      return objects.size;
    },
  }) as object as Informer<T>;

const byName = <T extends { readonly metadata: { readonly name: string } }>(
  objects: readonly T[],
): Map<string, T> => new Map(objects.map((object) => [object.metadata.name, object]));

/** A publisher in a cluster of so many nodes with a group each, and what it puts into its queue. */
const publisherIn = (count: number) => {
  const names = Array.from({ length: count }, (_, index) => `n${index}`);
  const nodes = byName<Node>(names.map((name) => nodeWith(name)));
  const groups = byName<NodeLocalStorage>(names.map((node) => groupWith({ node })));
  const queued = new Set<string>();
  const publisher = new CapacityPublisher({
    client: {} as object as KubeClient,
    clock: new VirtualClock(),
    caches: {
      nodes: informerOf(nodes),
      groups: informerOf(groups),
      storageClasses: informerOf(byName([storageClassWith()])),
    } as object as Caches,
    group: (name) => groups.get(name),
    namespace: "stowage-system",
    queue: { add: (name: string) => queued.add(name) } as object as WorkQueue,
  });
  return { publisher, nodes, queued };
};

test("of thousands of nodes one that comes concerns its own groups, and what is published of all others", () => {
  const { publisher, nodes, queued } = publisherIn(5000);
  const node = nodeWith("new");
  nodes.set("new", node);
  publisher.seeNode(node);
  expect(queued).toEqual(new Set([capacityName("fast", "new.fast"), capacityName("fast", "")]));
});

test("with the node from which on the scheduler takes samples, everything is looked at", () => {
  const { publisher, nodes, queued } = publisherIn(99);
  const node = nodeWith("new");
  nodes.set("new", node);
  publisher.seeNode(node);
  expect(queued.size).toBe(100);
  queued.clear();
  publisher.seeNode(node);
  expect(queued.size).toBe(2);
});
