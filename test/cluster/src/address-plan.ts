import { ClusterError } from "./errors.ts";

/** The control plane's address on the bridge; nodes route by default over it. */
export const controlPlaneAddress = "10.99.0.1";
/** The ClusterIP of the Service `kubernetes`: the first of `serviceRange`. The bridge has it too. */
export const kubernetesServiceAddress = "10.96.0.1";
export const serviceRange = "10.96.0.0/16";
/** The namespace's end of every control link. */
const controlLinkAddress = "10.98.0.1";

/** Where a node is found. All of it lies in the cluster's own network namespace. */
export type NodeAddresses = {
  /** On the bridge: what Kubernetes knows. */
  readonly address: string;
  /** On a link of its own that carries `exec`, so that a paused network does not cut it. */
  readonly controlAddress: string;
  readonly podSubnet: string;
  /** The network devices' names in the namespace. */
  readonly tap: string;
  readonly controlTap: string;
};

const lastIndex = 200;

/** Addresses of the n-th node, counted from 1. @throws ClusterError `address_plan_full` past 200. */
export const addressesOf = (index: number): NodeAddresses => {
  if (!Number.isInteger(index) || index < 1 || index > lastIndex) {
    throw new ClusterError(
      "address_plan_full",
      `node number ${index} has no address: a test cluster has 1 to ${lastIndex} nodes`,
    );
  }
  const host = 10 + index;
  return {
    address: `10.99.0.${host}`,
    controlAddress: `10.98.0.${host}`,
    podSubnet: `10.99.${host}.0/24`,
    tap: `n${index}`,
    controlTap: `n${index}-ctl`,
  };
};

/** Lines for `ip -batch` that give a fresh namespace the control plane's addresses. */
export const controlPlaneLinks = (): readonly string[] => [
  "link set lo up",
  "link add br0 type bridge",
  `address add ${controlPlaneAddress}/24 dev br0`,
  `address add ${kubernetesServiceAddress}/32 dev br0`,
  "link set br0 up",
  // kube-proxy turns these addresses into pods', but only for what has a route to begin with.
  `route add ${serviceRange} dev br0`,
  // Never up: a node's link that is moved here leads nowhere, while the node's driver sees no change.
  "link add paused type bridge",
];

/** Lines for `ip -batch` that cut a node off or join it again. */
export const linkTo = ({ tap }: NodeAddresses, state: "paused" | "joined"): readonly string[] => [
  `link set ${tap} master ${state === "paused" ? "paused" : "br0"}`,
];

/** Lines for `ip -batch` that give a node its two links and its pods a route. */
export const nodeLinks = (node: NodeAddresses): readonly string[] => [
  `tuntap add ${node.tap} mode tap`,
  `link set ${node.tap} master br0 up`,
  `route add ${node.podSubnet} via ${node.address}`,
  `tuntap add ${node.controlTap} mode tap`,
  `address add ${controlLinkAddress} peer ${node.controlAddress} dev ${node.controlTap}`,
  `link set ${node.controlTap} up`,
];
