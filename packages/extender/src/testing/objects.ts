import type {
  Claim,
  Node,
  NodeLocalStorage,
  PersistentVolume,
  Pod,
  StorageClass,
} from "@stowage/api";
import {
  annotations,
  claims,
  nodeLocalStorageName,
  nodeLocalStorages,
  nodes,
  persistentVolumes,
  pods,
  provisionerName,
  storageClasses,
  volumeNameOf,
} from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { formatQuantity, gib, mib } from "@stowage/capacity";

/*
 * Objects for tests, as the API server would send them, read by the real schemas. What a test does
 * not name is what makes a placement succeed.
 */

export const storage = (options: {
  node: string;
  volumeGroup?: string;
  allocatable?: Bytes;
  volumes?: readonly { uid: string; size: Bytes; delete?: true }[];
  cordoned?: boolean;
  ready?: "True" | "False";
  /** UUIDs of its physical volumes. */
  devices?: readonly string[];
}): NodeLocalStorage => {
  const { node, volumeGroup = "fast", allocatable = gib(10), volumes = [] } = options;
  return nodeLocalStorages.parse({
    metadata: { name: nodeLocalStorageName(node, volumeGroup) },
    spec: {
      nodeName: node,
      volumeGroup,
      cordoned: options.cordoned ?? false,
      volumes: volumes.map((volume) => ({
        name: volumeNameOf(volume.uid),
        size: formatQuantity(volume.size),
        delete: volume.delete,
      })),
    },
    status: {
      conditions: [
        {
          type: "Ready",
          status: options.ready ?? "True",
          reason: "Test",
          message: "a device is missing",
          lastTransitionTime: "2026-01-01T00:00:00Z",
        },
      ],
      devices: (options.devices ?? []).map((id) => ({ path: `/dev/${id}`, id, state: "InUse" })),
      extentSize: formatQuantity(mib(4)),
      capacity: formatQuantity(allocatable),
      allocatable: formatQuantity(allocatable),
    },
  });
};

export const storageClass = (options: {
  name?: string;
  volumeGroup?: string;
  provisioner?: string;
  parameters?: Record<string, string>;
  zones?: readonly string[];
  isDefault?: boolean;
}): StorageClass =>
  storageClasses.parse({
    metadata: {
      name: options.name ?? "fast",
      annotations:
        options.isDefault === true
          ? { "storageclass.kubernetes.io/is-default-class": "true" }
          : null,
    },
    provisioner: options.provisioner ?? provisionerName,
    parameters: options.parameters ?? { volumeGroup: options.volumeGroup ?? "fast" },
    volumeBindingMode: "WaitForFirstConsumer",
    allowedTopologies:
      options.zones === undefined
        ? null
        : [{ matchLabelExpressions: [{ key: "zone", values: options.zones }] }],
  });

export const claim = (options: {
  name: string;
  size?: Bytes;
  storageClass?: string;
  uid?: string;
  selectedNode?: string;
  volumeName?: string;
  deleting?: true;
  ownerUid?: string;
  volumeMode?: "Filesystem" | "Block";
}): Claim =>
  claims.parse({
    metadata: {
      namespace: "shop",
      name: options.name,
      uid: options.uid ?? `uid-${options.name}`,
      annotations:
        options.selectedNode === undefined
          ? null
          : { [annotations.selectedNode]: options.selectedNode },
      ...(options.deleting === true ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
      ownerReferences:
        options.ownerUid === undefined
          ? null
          : [{ apiVersion: "v1", kind: "Pod", name: "any", uid: options.ownerUid }],
    },
    spec: {
      storageClassName: options.storageClass ?? "fast",
      volumeName: options.volumeName ?? "",
      volumeMode: options.volumeMode,
      resources: { requests: { storage: formatQuantity(options.size ?? gib(3)) } },
    },
  });

/** As `kubectl stowage orphans adopt` makes it: for whichever claim of the name there is now. */
export const adoptedVolume = (options: {
  /** Of the claim that the logical volume was made for. */
  uid: string;
  claimName: string;
  /** Of the claim that has been given it. */
  claimUid?: string;
  size?: Bytes;
  deleting?: true;
  provisionedBy?: string;
}): PersistentVolume =>
  persistentVolumes.parse({
    metadata: {
      name: volumeNameOf(options.uid),
      annotations: {
        [annotations.provisionedBy]: options.provisionedBy ?? provisionerName,
        [annotations.adopted]: options.uid,
      },
      ...(options.deleting === true ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    spec: {
      capacity: { storage: formatQuantity(options.size ?? gib(3)) },
      claimRef: { namespace: "shop", name: options.claimName, uid: options.claimUid },
    },
  });

export const node = (name: string, labels: Record<string, string> = {}): Node =>
  nodes.parse({ metadata: { name, labels } });

export const agentPod = (nodeName: string, ready: "True" | "False" = "True"): Pod =>
  pods.parse({
    metadata: { namespace: "stowage", name: `agent-${nodeName}` },
    spec: { nodeName },
    status: { conditions: [{ type: "Ready", status: ready }] },
  });

/** A pod on the wire that mounts these claims of its namespace. */
export const podWith = (
  name: string,
  claimNames: readonly string[],
  moreVolumes: readonly object[] = [],
): object => ({
  metadata: { namespace: "shop", name, uid: `uid-${name}` },
  spec: {
    volumes: [
      ...claimNames.map((claimName) => ({
        name: claimName,
        persistentVolumeClaim: { claimName },
      })),
      ...moreVolumes,
    ],
  },
});

/** A generic ephemeral volume on the wire. */
export const ephemeralVolume = (
  name: string,
  options: { size?: string; storageClass?: string | undefined } = {},
): object => ({
  name,
  ephemeral: {
    volumeClaimTemplate: {
      spec: {
        ...("storageClass" in options
          ? { storageClassName: options.storageClass }
          : { storageClassName: "fast" }),
        resources: { requests: { storage: options.size ?? "3Gi" } },
      },
    },
  },
});
