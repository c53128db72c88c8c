import type { Claim, ClassParameters, NodeLocalStorage, StorageClass } from "@stowage/api";
import {
  annotations,
  devicePathOf,
  groupLabels,
  hostnameLabel,
  provisionerName,
  volumeFinalizer,
  volumeNameOf,
} from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { formatQuantity } from "@stowage/capacity";

/**
 * The PersistentVolume of a claim whose logical volume is Ready: a plain `local` volume, which the
 * kubelet mounts without Stowage. Source: local volumes in the Kubernetes API reference.
 */
export const persistentVolumeFor = (made: {
  readonly claim: Claim;
  readonly storageClass: StorageClass;
  readonly parameters: ClassParameters;
  readonly group: NodeLocalStorage;
  /** The Node's own kubernetes.io/hostname label: affinity matches labels, not names. */
  readonly hostname: string;
  /** The logical volume's true size, which is what the claim really gets. */
  readonly size: Bytes;
}) => {
  const { claim, storageClass, parameters, group } = made;
  const name = volumeNameOf(claim.metadata.uid);
  return {
    metadata: {
      name,
      annotations: {
        [annotations.provisionedBy]: provisionerName,
        [annotations.nodeLocalStorage]: group.metadata.name,
      },
      labels: groupLabels(group.spec),
      finalizers: [volumeFinalizer],
    },
    spec: {
      capacity: { storage: formatQuantity(made.size) },
      accessModes: claim.spec.accessModes,
      volumeMode: claim.spec.volumeMode,
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy,
      storageClassName: storageClass.metadata.name,
      mountOptions: storageClass.mountOptions,
      claimRef: {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        namespace: claim.metadata.namespace,
        name: claim.metadata.name,
        uid: claim.metadata.uid,
        resourceVersion: claim.metadata.resourceVersion,
      },
      local: {
        path: devicePathOf(group.spec.volumeGroup, name),
        ...(claim.spec.volumeMode === "Filesystem" ? { fsType: parameters.fsType } : {}),
      },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            {
              matchExpressions: [{ key: hostnameLabel, operator: "In", values: [made.hostname] }],
            },
          ],
        },
      },
    },
  };
};
