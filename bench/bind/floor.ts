import type { Claim } from "@stowage/api";
import { persistentVolumes } from "@stowage/api";
import type { Informer, KubeClient } from "@stowage/kube";
import { isKubeError } from "@stowage/kube";

/** The provisioner that does nothing: what is left of the time is Kubernetes' own. */
export const floorProvisioner = "floor.stowage.dev";
export const floorClass = "bench-floor";

/** Makes a PersistentVolume for each claim of its class as soon as it is placed, with nothing behind it. */
export const startFloor = (client: KubeClient, informer: Informer<Claim>): void => {
  const begun = new Set<string>();
  informer.subscribe(({ kind, object }) => {
    const { metadata, spec, selectedNode } = object;
    const isWanted = spec.storageClassName === floorClass && selectedNode !== undefined;
    if (kind === "deleted" || !isWanted || spec.volumeName !== "" || begun.has(metadata.uid))
      return;
    begun.add(metadata.uid);
    void make(client, object);
  });
};

const make = async (client: KubeClient, { metadata, spec }: Claim): Promise<void> => {
  const object = {
    metadata: { name: `pvc-${metadata.uid}` },
    spec: {
      capacity: { storage: "64Mi" },
      accessModes: spec.accessModes,
      // Nobody provisions for this class in earnest, so nobody would delete for it either.
      persistentVolumeReclaimPolicy: "Retain",
      storageClassName: spec.storageClassName,
      claimRef: {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        namespace: metadata.namespace,
        name: metadata.name,
        uid: metadata.uid,
      },
      local: { path: "/nowhere" },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: "kubernetes.io/os", operator: "In", values: ["linux"] }] },
          ],
        },
      },
    },
  };
  try {
    await client.create(persistentVolumes, object);
  } catch (error) {
    if (!isKubeError(error, "already_exists")) throw error;
  }
};
