import type { KubeClient } from "@stowage/kube";
import { isKubeError } from "@stowage/kube";
import type { Cluster } from "@stowage/test-cluster";
import { unread } from "./objects.ts";

/**
 * Stowage's requests, counted by the API server itself: it tells the requests of each FlowSchema, and
 * these match what Stowage's service accounts send, but for events and leases. Watches are neither.
 */
const schemas = {
  writes: {
    name: "bench-stowage-writes",
    verbs: ["create", "update", "patch", "delete", "deletecollection"],
  },
  reads: { name: "bench-stowage-reads", verbs: ["get", "list"] },
} as const;

type Counted = keyof typeof schemas;
type Counts = Readonly<Record<Counted, number>>;

const resourceRules = [
  {
    apiGroups: ["stowage.dev"],
    resources: ["nodelocalstorages", "nodelocalstorages/status"],
  },
  {
    apiGroups: [""],
    resources: [
      "persistentvolumes",
      "persistentvolumeclaims",
      "persistentvolumeclaims/status",
      "nodes",
      "pods",
    ],
  },
  {
    apiGroups: ["storage.k8s.io"],
    resources: ["storageclasses", "csistoragecapacities", "csidrivers"],
  },
];

const flowSchemas = unread("flowcontrol.apiserver.k8s.io", "flowschemas", "FlowSchema");

const flowSchema = ({ name, verbs }: (typeof schemas)[Counted]): object => ({
  metadata: { name },
  spec: {
    // As without it: only the count is new.
    priorityLevelConfiguration: { name: "workload-low" },
    distinguisherMethod: { type: "ByUser" },
    matchingPrecedence: 500,
    rules: [
      {
        subjects: [
          { kind: "ServiceAccount", serviceAccount: { namespace: "stowage-system", name: "*" } },
        ],
        resourceRules: resourceRules.map(({ apiGroups, resources }) => ({
          apiGroups,
          resources,
          verbs,
          clusterScope: true,
          namespaces: ["*"],
        })),
      },
    ],
  },
});

/** Has the API server count from `begin` to `end`. */
export class RequestCount {
  readonly #cluster: Cluster;
  readonly #client: KubeClient;

  private constructor(cluster: Cluster, client: KubeClient) {
    this.#cluster = cluster;
    this.#client = client;
  }

  static async begin(cluster: Cluster, client: KubeClient): Promise<RequestCount> {
    for (const schema of Object.values(schemas)) {
      try {
        await client.create(flowSchemas, flowSchema(schema));
      } catch (error) {
        // Left over from a run that was cut short.
        if (!isKubeError(error, "already_exists")) throw error;
      }
    }
    return new RequestCount(cluster, client);
  }

  async end(): Promise<void> {
    for (const { name } of Object.values(schemas)) {
      await this.#client.delete(flowSchemas, { name });
    }
  }

  async now(): Promise<Counts> {
    const metrics = (await this.#cluster.kubectl(["get", "--raw", "/metrics"])).split("\n");
    const sumOf = ({ name }: (typeof schemas)[Counted]): number =>
      metrics
        .filter(
          (line) =>
            line.startsWith("apiserver_flowcontrol_dispatched_requests_total{") &&
            line.includes(`flow_schema="${name}"`),
        )
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
    return { writes: sumOf(schemas.writes), reads: sumOf(schemas.reads) };
  }
}

/** The requests between two counts, for each of so many claims. */
export const perClaim = (
  from: Counts,
  to: Counts,
  claims: number,
): { readonly writesPerClaim: number; readonly readsPerClaim: number } => {
  const each = (counted: Counted): number =>
    Math.round(((to[counted] - from[counted]) / claims) * 100) / 100;
  return { writesPerClaim: each("writes"), readsPerClaim: each("reads") };
};
