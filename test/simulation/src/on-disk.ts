import type { ClusterState } from "./cluster.ts";
import type { Host } from "./host.ts";
import type { ClaimWire } from "./wire.ts";

/* What the invariants look up: what there is, whatever anybody says of it. */

export type Hosts = ReadonlyMap<string, Host>;
export type OnDisk = {
  readonly extents: number;
  readonly tags: readonly string[];
  readonly wiped: number;
};

export const lvOf = (hosts: Hosts, node: string, group: string, name: string): OnDisk | undefined =>
  hosts
    .get(node)
    ?.node.group(group)
    ?.volumes.find((lv) => lv.name === name);

export const claimOf = (cluster: ClusterState, uid: string | undefined): ClaimWire | undefined =>
  cluster.all("persistentvolumeclaims").find(({ metadata }) => metadata.uid === uid);
