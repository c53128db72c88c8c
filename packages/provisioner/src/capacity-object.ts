import { createHash } from "node:crypto";
import type { Node, NodeLocalStorage, StorageClass } from "@stowage/api";
import { allowsNode, groupOf, hostnameLabel, nodeLocalStorages } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { fit, free, mib, noBytes } from "@stowage/capacity";

/**
 * What kube-scheduler's own check makes of the published capacity.
 * - `wakes`: it drops nobody, so that the extender sees every node and each refusal has its
 *   arithmetic; the objects' changes still wake pods that wait.
 * - `prunes`: it drops nodes without room for claims larger than `beyond` before it takes its sample
 *   of nodes, so that the one node with room among thousands is found. Its words for a dropped node
 *   carry no numbers. Smaller claims pass everywhere: so many nodes have room for them that the sample
 *   has one.
 */
export type CapacityRole =
  { readonly kind: "wakes" } | { readonly kind: "prunes"; readonly beyond: Bytes };

/**
 * From so many nodes on, kube-scheduler looks at a sample of them only.
 * Source: kube-scheduler, schedule_one.go minFeasibleNodesToFind.
 */
const sampledFrom = 100;

export const isSampled = (nodeCount: number): boolean => nodeCount >= sampledFrom;

/**
 * How many nodes kube-scheduler looks for, unless it is told otherwise.
 * Source: schedule_one.go numFeasibleNodesToFind.
 */
const sampleOf = (nodeCount: number): number => {
  const percentage = Math.max(5, 50 - Math.floor(nodeCount / 125));
  return Math.max(sampledFrom, Math.floor((nodeCount * percentage) / 100));
};

/** A sample that has as many as this of certain nodes on average has none once in 3000 times. */
const enough = 8;

/**
 * The largest claim that so many nodes have room for that a sample of the nodes has one of them. To
 * check the claims up to it node by node would help nobody, and take the time of nodes x objects.
 * @param rooms of all groups.
 */
export const commonRoom = (rooms: readonly Bytes[], nodeCount: number): Bytes => {
  const count = Math.ceil((enough * nodeCount) / sampleOf(nodeCount));
  return rooms.toSorted((a, b) => b - a)[count - 1] ?? noBytes;
};

/** One object to be published: for a class on one group, or for a class on all other nodes. */
export type CapacityWish = {
  readonly name: string;
  readonly storageClassName: string;
  /** Labels of the nodes that it is about; none for every node. */
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly capacity: Bytes;
  /** Beyond every claim: the scheduler compares with this one where it is given. */
  readonly maximumVolumeSize: Bytes | undefined;
  readonly owner: { readonly name: string; readonly uid: string } | undefined;
};

/** The largest size that Stowage counts, 8 PiB less one extent. */
const anySize: Bytes = mib(2 ** 33 - 4);

/** Names are made from names that may be as long as a name can be, so a hash stands for both. */
export const capacityName = (className: string, groupName: string): string =>
  `stowage-${createHash("sha256").update(`${className}\n${groupName}`).digest("hex").slice(0, 24)}`;

/** What a group has room for; nothing fits if it is cordoned, not ready or full, whatever is free. */
export const roomOf = (group: NodeLocalStorage): Bytes => {
  const ledger = groupOf(group);
  return fit(ledger, [ledger.extentSize]).kind === "fits" ? free(ledger) : noBytes;
};

/** What is to be published of a class's room in one group; undefined where the class may not go. */
export const capacityOf = (
  storageClass: StorageClass,
  group: NodeLocalStorage,
  node: Node | undefined,
  role: CapacityRole,
): CapacityWish | undefined => {
  if (node === undefined || !allowsNode(storageClass, node.metadata.labels)) return undefined;
  const capacity = roomOf(group);
  return {
    name: capacityName(storageClass.metadata.name, group.metadata.name),
    storageClassName: storageClass.metadata.name,
    nodeLabels: { [hostnameLabel]: node.hostname },
    capacity,
    maximumVolumeSize: largestHere(capacity, role),
    owner: { name: group.metadata.name, uid: group.metadata.uid },
  };
};

/**
 * Beyond every claim where nobody is to be dropped. Where claims of that size pass everywhere, none:
 * kube-scheduler compares sizes first, and only then looks, slowly, which nodes an object is about.
 */
const largestHere = (capacity: Bytes, role: CapacityRole): Bytes | undefined => {
  if (role.kind === "wakes") return anySize;
  return capacity > role.beyond ? undefined : noBytes;
};

/**
 * An object about every node, with what passes everywhere: so nodes without a group are passed on to
 * the extender too, which says that there is none.
 */
export const capacityElsewhere = (
  storageClass: StorageClass,
  role: CapacityRole,
): CapacityWish => ({
  name: capacityName(storageClass.metadata.name, ""),
  storageClassName: storageClass.metadata.name,
  nodeLabels: {},
  capacity: role.kind === "wakes" ? noBytes : role.beyond,
  maximumVolumeSize: role.kind === "wakes" ? anySize : undefined,
  owner: undefined,
});

export const ownerReferenceTo = (owner: { readonly name: string; readonly uid: string }) => ({
  apiVersion: `${nodeLocalStorages.group}/${nodeLocalStorages.version}`,
  kind: nodeLocalStorages.kind,
  name: owner.name,
  uid: owner.uid,
});
