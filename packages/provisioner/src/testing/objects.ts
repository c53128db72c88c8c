import type { Claim, Node, NodeLocalStorage, PersistentVolume, StorageClass } from "@stowage/api";
import {
  annotations,
  claims,
  hostnameLabel,
  nodeLocalStorageName,
  nodeLocalStorages,
  nodes,
  persistentVolumes,
  provisionerName,
  storageClasses,
} from "@stowage/api";

/* Objects as the API server would send them, with what a test cares about put in. */

export const uid = "6f1c0f5e-0000-4000-8000-000000000001";
export const volumeName = `pvc-${uid}`;

export const claimWith = (change: {
  readonly selectedNode?: string;
  readonly spec?: object;
  readonly metadata?: object;
}): Claim =>
  claims.parse({
    metadata: {
      namespace: "shop",
      name: "data",
      uid,
      resourceVersion: "7",
      annotations: {
        [annotations.storageProvisioner]: provisionerName,
        ...(change.selectedNode === undefined
          ? {}
          : { [annotations.selectedNode]: change.selectedNode }),
      },
      ...change.metadata,
    },
    spec: {
      storageClassName: "fast",
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "1Gi" } },
      ...change.spec,
    },
  });

export const storageClassWith = (change: object = {}): StorageClass =>
  storageClasses.parse({
    metadata: { name: "fast" },
    provisioner: provisionerName,
    volumeBindingMode: "WaitForFirstConsumer",
    parameters: { volumeGroup: "fast" },
    ...change,
  });

export const groupWith = (change: {
  readonly node?: string;
  readonly volumeGroup?: string;
  readonly generation?: number;
  readonly spec?: object;
  readonly status?: object;
}): NodeLocalStorage => {
  const { node = "n1", volumeGroup = "fast" } = change;
  return nodeLocalStorages.parse({
    metadata: {
      name: nodeLocalStorageName(node, volumeGroup),
      uid: `uid-of-${node}`,
      generation: change.generation ?? 3,
    },
    spec: { nodeName: node, volumeGroup, ...change.spec },
    status: {
      observedGeneration: change.generation ?? 3,
      extentSize: "4Mi",
      capacity: "10Gi",
      allocatable: "10Gi",
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "Ready",
          message: "",
          lastTransitionTime: "2026-01-01T00:00:00Z",
        },
      ],
      ...change.status,
    },
  });
};

export const nodeWith = (name: string, hostname = name): Node =>
  nodes.parse({ metadata: { name, labels: { [hostnameLabel]: hostname } } });

export const persistentVolumeWith = (change: {
  readonly metadata?: object;
  readonly spec?: object;
  readonly phase?: string;
}): PersistentVolume =>
  persistentVolumes.parse({
    metadata: {
      name: volumeName,
      uid: "uid-of-pv",
      annotations: {
        [annotations.provisionedBy]: provisionerName,
        [annotations.nodeLocalStorage]: "n1.fast",
      },
      ...change.metadata,
    },
    spec: {
      capacity: { storage: "1Gi" },
      persistentVolumeReclaimPolicy: "Delete",
      local: { path: `/dev/fast/${volumeName}` },
      claimRef: { namespace: "shop", name: "data", uid },
      ...change.spec,
    },
    status: { phase: change.phase ?? "Bound" },
  });
