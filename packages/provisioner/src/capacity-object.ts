import { createHash } from "node:crypto";
import type { Node, NodeLocalStorage, StorageClass } from "@stowage/api";
import { allowsNode, groupOf, hostnameLabel, nodeLocalStorages } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { fit, free, mib, noBytes } from "@stowage/capacity";

/**
 * What kube-scheduler's own check makes of the published capacity.
 * - `prunes`: it drops nodes without room before it takes its sample of nodes, so that the one node
 *   with room among thousands is found. Its words for a dropped node carry no numbers.
 * - `wakes`: it drops nobody, so that the extender sees every node and each refusal has its
 *   arithmetic; the objects' changes still wake pods that wait.
 */
export type CapacityRole = "prunes" | "wakes";

/**
 * From so many nodes on, kube-scheduler looks at a sample of them only.
 * Source: kube-scheduler, schedule_one.go minFeasibleNodesToFind.
 */
const sampledFrom = 100;

export const roleFor = (nodeCount: number): CapacityRole =>
  nodeCount >= sampledFrom ? "prunes" : "wakes";

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

/** What is to be published of a class's room in one group; undefined where the class may not go. */
export const capacityOf = (
  storageClass: StorageClass,
  group: NodeLocalStorage,
  node: Node | undefined,
  role: CapacityRole,
): CapacityWish | undefined => {
  if (node === undefined || !allowsNode(storageClass, node.metadata.labels)) return undefined;
  const ledger = groupOf(group);
  // Nothing fits into a group that is cordoned, not ready or full, however much is free in it.
  const takes = fit(ledger, [ledger.extentSize]).kind === "fits";
  return {
    name: capacityName(storageClass.metadata.name, group.metadata.name),
    storageClassName: storageClass.metadata.name,
    nodeLabels: { [hostnameLabel]: node.hostname },
    capacity: takes ? free(ledger) : noBytes,
    maximumVolumeSize: role === "wakes" ? anySize : undefined,
    owner: { name: group.metadata.name, uid: group.metadata.uid },
  };
};

/**
 * Where capacity only wakes: an object about every node, so that the scheduler passes nodes without
 * a group on to the extender, which says that there is none.
 */
export const capacityElsewhere = (
  storageClass: StorageClass,
  role: CapacityRole,
): CapacityWish | undefined =>
  role === "prunes"
    ? undefined
    : {
        name: capacityName(storageClass.metadata.name, ""),
        storageClassName: storageClass.metadata.name,
        nodeLabels: {},
        capacity: noBytes,
        maximumVolumeSize: anySize,
        owner: undefined,
      };

export const ownerReferenceTo = (owner: { readonly name: string; readonly uid: string }) => ({
  apiVersion: `${nodeLocalStorages.group}/${nodeLocalStorages.version}`,
  kind: nodeLocalStorages.kind,
  name: owner.name,
  uid: owner.uid,
});
