import type { Resource } from "@stowage/api";

/* What the benchmark makes: classes and claims, and whatever else it never reads itself. */

export const namespace = "default";

/** A kind of objects that are made and deleted only. */
export const unread = (group: string, plural: string, kind: string): Resource<unknown> => ({
  group,
  version: "v1",
  plural,
  kind,
  scope: "cluster",
  parse: (object) => object,
});

export const plainClasses = unread("storage.k8s.io", "storageclasses", "StorageClass");

export const classOf = (name: string, provisioner: string, parameters: object): object => ({
  metadata: { name },
  provisioner,
  volumeBindingMode: "WaitForFirstConsumer",
  parameters,
});

export const claimOf = (name: string, storageClassName: string): object => ({
  metadata: { name, namespace },
  spec: {
    storageClassName,
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "64Mi" } },
  },
});
