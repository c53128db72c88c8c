import type { Cluster } from "@stowage/test-cluster";
import { patience } from "@stowage/test-cluster";

/** What an installation runs. */
export const workloads = [
  "daemonset/stowage-agent",
  "deployment/stowage-provisioner",
  "deployment/stowage-extender",
] as const;

/** Waits until a workload of Stowage, such as `deployment/stowage-extender`, has all its new pods Ready. */
export const rolledOut = (cluster: Cluster, workload: string): Promise<string> =>
  cluster.kubectl([
    "-n",
    "stowage-system",
    "rollout",
    "status",
    workload,
    `--timeout=${180 * patience}s`,
  ]);
