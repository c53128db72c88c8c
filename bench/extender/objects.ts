/*
 * A cluster as its API server would tell it: nodes of about 10 KB as kubelets report them, each with
 * two volume groups of 80 GiB and four volumes in each.
 */

export const groupNames = ["fast", "slow"] as const;
/** Each pod has claims of its own, as pods with node-local volumes have. */
export const podCount = 16;
const claimsPerPod = 3;
export const claimCount = podCount * claimsPerPod;

export const nodeName = (index: number): string =>
  `node-${String(index).padStart(5, "0")}.example.internal`;

const managedFields = [
  {
    manager: "kubelet",
    operation: "Update",
    apiVersion: "v1",
    time: "2026-01-01T00:00:00Z",
    fieldsType: "FieldsV1",
    fieldsV1: { "f:status": { "f:conditions": { 'k:{"type":"Ready"}': { "f:status": {} } } } },
  },
];

const conditions = ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"].map((type) => ({
  type,
  status: type === "Ready" ? "True" : "False",
  lastHeartbeatTime: "2026-01-01T00:00:00Z",
  lastTransitionTime: "2026-01-01T00:00:00Z",
  reason: `KubeletHas${type}`,
  message: `kubelet says something about ${type} that is as long as such messages are`,
}));

const images = Array.from({ length: 50 }, (_, index) => ({
  names: [
    `registry.example.internal/team/application-${index}@sha256:${String(index).padStart(64, "0")}`,
    `registry.example.internal/team/application-${index}:v1.${index}.0`,
  ],
  sizeBytes: 1_000_000 + index,
}));

/** An object on the wire. */
export type Wire = { readonly metadata: object; readonly [field: string]: unknown };

const metadata = (name: string, more: object = {}): object => ({
  name,
  uid: `00000000-0000-4000-8000-${name.replaceAll(/\D/g, "").padStart(12, "0")}`,
  resourceVersion: "1000",
  generation: 1,
  creationTimestamp: "2026-01-01T00:00:00Z",
  ...more,
});

export const node = (index: number): Wire => ({
  metadata: metadata(nodeName(index), {
    labels: {
      "beta.kubernetes.io/arch": "amd64",
      "beta.kubernetes.io/os": "linux",
      "kubernetes.io/arch": "amd64",
      "kubernetes.io/hostname": nodeName(index),
      "kubernetes.io/os": "linux",
      "node.kubernetes.io/instance-type": "storage.large",
      "topology.kubernetes.io/region": "region-1",
      "topology.kubernetes.io/zone": `zone-${index % 3}`,
    },
    annotations: { "node.alpha.kubernetes.io/ttl": "300" },
    managedFields,
  }),
  spec: { podCIDR: `10.${index % 250}.0.0/24`, providerID: `example://${nodeName(index)}` },
  status: {
    capacity: { cpu: "64", memory: "263856352Ki", pods: "250" },
    allocatable: { cpu: "63", memory: "260000000Ki", pods: "250" },
    conditions,
    addresses: [
      { type: "InternalIP", address: `10.0.${index % 250}.1` },
      { type: "Hostname", address: nodeName(index) },
    ],
    nodeInfo: { kubeletVersion: "v1.36.3", osImage: "Linux", kernelVersion: "6.12.0" },
    images,
  },
});

const groupSize = 80;
/** In GiB, from 5 to 24: a fifth of the groups has less than 20 GiB left. */
const volumeSize = (index: number, of: number): number => 5 + ((index * 7 + of * 11) % 20);

export const storage = (index: number): Wire => {
  const name = nodeName(Math.floor(index / 2));
  const volumeGroup = groupNames[index % 2] ?? "fast";
  const volumes = [0, 1, 2, 3].map((of) => ({
    name: `pvc-${String(index).padStart(8, "0")}-0000-4000-8000-00000000000${of}`,
    claim: { namespace: "shop", name: `data-${index}-${of}`, uid: `${index}-${of}` },
    size: `${volumeSize(index, of)}Gi`,
  }));
  return {
    metadata: metadata(`${name}.${volumeGroup}`, {
      labels: { "stowage.dev/node": name, "stowage.dev/volume-group": volumeGroup },
      managedFields,
    }),
    spec: {
      nodeName: name,
      volumeGroup,
      cordoned: false,
      devices: [{ path: `/dev/disk/by-id/nvme-${index}` }],
      volumes,
    },
    status: {
      observedGeneration: 1,
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "Ready",
          message: "the volume group can be used",
          lastTransitionTime: "2026-01-01T00:00:00Z",
        },
      ],
      extentSize: "4Mi",
      capacity: `${groupSize}Gi`,
      allocatable: `${groupSize}Gi`,
      devices: [
        { path: `/dev/disk/by-id/nvme-${index}`, id: `${index}`, size: "100Gi", state: "InUse" },
      ],
      volumes: volumes.map((volume) => ({
        name: volume.name,
        state: "Ready",
        size: volume.size,
        path: `/dev/${volumeGroup}/${volume.name}`,
      })),
    },
  };
};

export const agentPod = (index: number): Wire => ({
  metadata: metadata(`agent-${index}`, { namespace: "stowage-system" }),
  spec: { nodeName: nodeName(index) },
  status: { conditions: [{ type: "Ready", status: "True" }] },
});

export const storageClass = (index: number): Wire => ({
  metadata: metadata(groupNames[index] ?? ""),
  provisioner: "lvm.stowage.dev",
  volumeBindingMode: "WaitForFirstConsumer",
  parameters: { volumeGroup: groupNames[index] ?? "" },
});

/** The first two of a pod are in the first group, its third in the second: together they need 20 and 10 GiB. */
export const claim = (index: number): Wire => ({
  metadata: metadata(`claim-${index}`, { namespace: "shop" }),
  spec: {
    storageClassName: index % claimsPerPod < 2 ? groupNames[0] : groupNames[1],
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "10Gi" } },
  },
});

/** A pod as the scheduler sends it, that mounts the first `claims` of its claims. */
export const pod = (index: number, claims: number): object => ({
  metadata: {
    name: `app-${index}`,
    namespace: "shop",
    uid: `uid-app-${index}`,
    labels: { app: `app-${index}` },
    managedFields,
  },
  spec: {
    volumes: Array.from({ length: claims }, (_, at) => ({
      name: `data-${at}`,
      persistentVolumeClaim: { claimName: `claim-${index * claimsPerPod + at}` },
    })),
    containers: [
      { name: "main", image: "registry.example.internal/app:1", resources: {}, env: [] },
    ],
    schedulerName: "default-scheduler",
  },
  status: { phase: "Pending", qosClass: "BestEffort" },
});
