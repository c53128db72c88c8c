import {
  agentPodLabels,
  annotations,
  groupLabels,
  hostnameLabel,
  nodeLocalStorageName,
  provisionerName,
} from "@stowage/api";

/* Objects as the API server has them. What a test does not name is what is in order. */

type Wire = { readonly [key: string]: unknown };

export const uidOf = (claim: string): string => `0000-${claim}`;
export const volumeOf = (claim: string): string => `pvc-${uidOf(claim)}`;

export const readyCondition = (
  status: "True" | "False" = "True",
  reason = "GroupReady",
  message = "takes volumes",
): Wire => ({
  type: "Ready",
  status,
  reason,
  message,
  lastTransitionTime: "2026-03-01T10:00:00Z",
});

/** A group of one 10 GiB disk. */
export const storage = (options: {
  readonly node: string;
  readonly group?: string;
  readonly annotations?: Wire;
  readonly generation?: number;
  readonly spec?: Wire;
  readonly status?: Wire;
}): Wire => {
  const { node, group = "fast", generation = 4 } = options;
  return {
    metadata: {
      name: nodeLocalStorageName(node, group),
      uid: `uid-of-${node}.${group}`,
      generation,
      creationTimestamp: "2026-02-01T00:00:00Z",
      labels: groupLabels({ nodeName: node, volumeGroup: group }),
      annotations: options.annotations ?? {},
    },
    spec: {
      nodeName: node,
      volumeGroup: group,
      devices: [{ path: "/dev/disk/by-id/nvme-A1" }],
      volumes: [],
      ...options.spec,
    },
    status: {
      observedGeneration: generation,
      conditions: [readyCondition()],
      extentSize: "4Mi",
      capacity: "10Gi",
      allocatable: "10Gi",
      devices: [
        {
          path: "/dev/disk/by-id/nvme-A1",
          id: `uuid-of-${node}`,
          kernelName: "/dev/nvme1n1",
          size: "10Gi",
          state: "InUse",
        },
      ],
      volumes: [],
      orphans: [],
      ...options.status,
    },
  };
};

const reference = (claim: string): Wire => ({ namespace: "shop", name: claim, uid: uidOf(claim) });

/** An entry of spec.volumes for a claim of namespace shop. */
export const entry = (claim: string, size = "1Gi", more: Wire = {}): Wire => ({
  name: volumeOf(claim),
  claim: reference(claim),
  size,
  ...more,
});

/** What an agent reports of such an entry. */
export const made = (claim: string, size = "1Gi", more: Wire = {}): Wire => ({
  name: volumeOf(claim),
  state: "Ready",
  size,
  path: `/dev/fast/${volumeOf(claim)}`,
  ...more,
});

export const orphan = (claim: string, size = "1Gi"): Wire => ({
  name: volumeOf(claim),
  size,
  claim: reference(claim),
});

export const storageClass = (name = "fast", more: Wire = {}): Wire => ({
  metadata: { name },
  provisioner: provisionerName,
  reclaimPolicy: "Delete",
  volumeBindingMode: "WaitForFirstConsumer",
  parameters: { volumeGroup: "fast" },
  ...more,
});

export const claim = (
  name: string,
  options: {
    readonly size?: string;
    readonly volume?: string;
    readonly node?: string;
    readonly uid?: string;
    readonly storageClass?: string;
  } = {},
): Wire => ({
  metadata: {
    namespace: "shop",
    name,
    uid: options.uid ?? uidOf(name),
    annotations: options.node === undefined ? {} : { [annotations.selectedNode]: options.node },
  },
  spec: {
    accessModes: ["ReadWriteOnce"],
    storageClassName: options.storageClass ?? "fast",
    volumeName: options.volume ?? "",
    resources: { requests: { storage: options.size ?? "1Gi" } },
  },
  status: { phase: options.volume === undefined ? "Pending" : "Bound" },
});

export const persistentVolume = (
  claimName: string,
  options: { readonly group?: string; readonly phase?: string; readonly spec?: Wire } = {},
): Wire => ({
  metadata: {
    name: volumeOf(claimName),
    annotations: {
      [annotations.provisionedBy]: provisionerName,
      [annotations.nodeLocalStorage]: options.group ?? "n1.fast",
    },
  },
  spec: {
    capacity: { storage: "1Gi" },
    persistentVolumeReclaimPolicy: "Delete",
    storageClassName: "fast",
    local: { path: `/dev/fast/${volumeOf(claimName)}` },
    claimRef: reference(claimName),
    ...options.spec,
  },
  status: { phase: options.phase ?? "Bound" },
});

export const node = (name: string): Wire => ({
  metadata: { name, labels: { [hostnameLabel]: name } },
});

export const pod = (
  name: string,
  claims: readonly string[],
  options: { readonly node?: string; readonly spec?: Wire } = {},
): Wire => ({
  metadata: { namespace: "shop", name, uid: `uid-of-${name}` },
  spec: {
    ...(options.node === undefined ? {} : { nodeName: options.node }),
    volumes: claims.map((claimName) => ({
      name: claimName,
      persistentVolumeClaim: { claimName },
    })),
    ...options.spec,
  },
});

/** A pod of one of Stowage's programs. */
export const programPod = (
  program: "agent" | "extender" | "provisioner",
  name: string,
  nodeName: string,
  more: { readonly spec?: Wire; readonly status?: Wire; readonly image?: string } = {},
): Wire => ({
  metadata: {
    namespace: "stowage-system",
    name,
    labels: { ...agentPodLabels, "app.kubernetes.io/component": program },
  },
  spec: {
    nodeName,
    serviceAccountName: `stowage-${program}`,
    containers: [
      { name: program, image: more.image ?? "example.com/stowage:0.1.0", args: [program] },
    ],
    ...more.spec,
  },
  status: {
    startTime: "2026-03-01T09:00:00Z",
    conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-03-01T09:01:00Z" }],
    ...more.status,
  },
});

/** Three nodes, each with a ready agent and a group of 10 GiB; a class for them. */
export const healthyObjects = (): Record<string, Wire[]> => ({
  nodes: ["n1", "n2", "n3"].map(node),
  pods: [
    ...["n1", "n2", "n3"].map((name) => programPod("agent", `agent-${name}`, name)),
    programPod("extender", "extender-0", "n1"),
    programPod("provisioner", "provisioner-0", "n2"),
  ],
  nodelocalstorages: ["n1", "n2", "n3"].map((name) => storage({ node: name })),
  storageclasses: [storageClass()],
});
