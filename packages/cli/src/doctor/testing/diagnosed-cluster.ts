import { expect } from "vitest";
import { TestCluster } from "../../testing/cluster.ts";
import { healthyObjects } from "../../testing/objects.ts";

export type Objects = Record<string, object[]>;

const lease = (namespace: string, name: string, renewed: string, written: string): object => ({
  metadata: {
    namespace,
    name,
    managedFields: [
      { time: "2026-02-01T00:00:00Z", fieldsV1: { "f:metadata": {} } },
      { time: written, fieldsV1: { "f:spec": { "f:renewTime": {} } } },
    ],
  },
  spec: { holderIdentity: `holder-of-${name}`, leaseDurationSeconds: 15, renewTime: renewed },
});

export const nodeLease = (name: string, renewed = "2026-03-01T11:59:55.400000Z"): object =>
  lease("kube-node-lease", name, renewed, "2026-03-01T11:59:55Z");

export const leaderLease = (renewed = "2026-03-01T11:59:58.000000Z"): object =>
  lease("stowage-system", "stowage-provisioner", renewed, renewed);

export const capacity = (name: string, hostname: string, className = "fast"): object => ({
  metadata: { namespace: "stowage-system", name },
  storageClassName: className,
  capacity: "10Gi",
  nodeTopology: { matchLabels: { "kubernetes.io/hostname": hostname } },
});

export const schedulerPod = (...flags: readonly string[]): object => ({
  metadata: {
    namespace: "kube-system",
    name: "kube-scheduler-cp",
    labels: { component: "kube-scheduler" },
  },
  spec: { containers: [{ command: ["kube-scheduler", ...flags] }] },
});

const policyName = "stowage-agent-own-node";

/** A cluster in which nothing is wrong, by the plural of its objects. */
export const healthy = (): Objects => ({
  ...healthyObjects(),
  pods: [
    ...(healthyObjects()["pods"] ?? []),
    schedulerPod("--config=/etc/kubernetes/stowage-scheduler.yaml"),
  ],
  leases: [...["n1", "n2", "n3"].map((name) => nodeLease(name)), leaderLease()],
  csidrivers: [{ metadata: { name: "lvm.stowage.dev" }, spec: { storageCapacity: true } }],
  csistoragecapacities: [capacity("stowage-1", "n1")],
  validatingadmissionpolicies: [{ metadata: { name: policyName } }],
  validatingadmissionpolicybindings: [{ metadata: { name: policyName }, spec: { policyName } }],
  persistentvolumeclaims: [],
  persistentvolumes: [],
});

export const metricsPath = "/api/v1/namespaces/stowage-system/pods/extender-0:9808/proxy/metrics";

export const metrics = (count: number): string =>
  `# HELP stowage_extender_request_duration_seconds Time.
stowage_extender_request_duration_seconds_bucket{le="1",verb="/filter",code="200"} ${count}
stowage_extender_request_duration_seconds_count{verb="/filter",code="200"} ${count}
stowage_extender_request_duration_seconds_count{verb="/healthz",code="200"} 99
`;

export const clusterOf = (objects: Objects): TestCluster => {
  const cluster = new TestCluster(objects);
  cluster.pages.set("/version", "{}");
  cluster.pages.set(metricsPath, metrics(12));
  return cluster;
};

export type Diagnosis = {
  readonly code: number;
  readonly checks: readonly { readonly check: string; readonly outcome: string }[];
  readonly findings: readonly Record<string, string>[];
};

/** What `doctor -o json` says. */
export const diagnose = async (cluster: TestCluster): Promise<Diagnosis> => {
  const { out, err, code } = await cluster.run("doctor -o json");
  expect(err).toBe("");
  const { checks } = JSON.parse(out) as {
    checks: { check: string; outcome: string; findings: Record<string, string>[] }[];
  };
  return { code, checks, findings: checks.flatMap((check) => check.findings) };
};

export const agents = (objects: Objects): object[] => objects["pods"] ?? [];
