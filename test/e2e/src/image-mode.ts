import type { Helm } from "@stowage/test-chart";
import type { Cluster, Node, Progress } from "@stowage/test-cluster";
import { patience } from "@stowage/test-cluster";

/*
 * A host that is read-only, as Talos is, has agents with the LVM of their own image. The chart has one
 * mode for all nodes of a release, so that a cluster of both gets a second DaemonSet: the chart's own
 * with the other mode. Either keeps to its nodes.
 */

const label = "stowage.dev/test-lvm";
const name = "stowage-agent-image";

/** Marks the nodes that take an agent with its own LVM, and brings them its image. */
export const prepareImageMode = async (
  cluster: Cluster,
  progress: Progress,
): Promise<readonly Node[]> => {
  const nodes: Node[] = [];
  for (const node of cluster.nodes) if ((await node.host()) === "readonly") nodes.push(node);
  for (const node of nodes) {
    await cluster.kubectl(["label", "node", node.name, `${label}=image`, "--overwrite"]);
    await cluster.loadStowageLvmImage(node, progress);
  }
  return nodes;
};

/** Keeps the release's own agents away from these nodes. */
export const elsewhereValues = (nodes: readonly Node[]): string[] =>
  nodes.length === 0
    ? []
    : [
        "--set-json",
        `agent.affinity=${JSON.stringify({
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: label, operator: "DoesNotExist" }] }],
            },
          },
        })}`,
      ];

/** Gives these nodes agents with their own LVM, of the values that the release has. */
export const installImageMode = async (
  cluster: Cluster,
  helm: Helm,
  nodes: readonly Node[],
  values: readonly string[],
): Promise<void> => {
  if (nodes.length === 0) return;
  const [daemonSet] = await helm.objects(
    ...values,
    "--show-only=templates/agent/daemonset.yaml",
    "--set=agent.lvm.mode=image",
    `--set-json=agent.nodeSelector=${JSON.stringify({ [label]: "image" })}`,
  );
  if (daemonSet === undefined) throw new Error("the chart has no DaemonSet of agents");
  const input = JSON.stringify({ ...daemonSet, metadata: { ...daemonSet.metadata, name } });
  await cluster.kubectl(["apply", "--filename=-"], { input });
  const within = `--timeout=${180 * patience}s`;
  await cluster.kubectl(["-n", "stowage-system", "rollout", "status", `daemonset/${name}`, within]);
};
