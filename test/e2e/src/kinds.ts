import type { Resource } from "@stowage/api";

/** An object as the API server sends it; tests match the parts that they are about. */
export type Plain = { readonly [key: string]: unknown };

const isPlain = (value: unknown): value is Plain => typeof value === "object" && value !== null;

const plain = (
  group: string,
  version: string,
  plural: string,
  kind: string,
  scope: Resource<Plain>["scope"],
): Resource<Plain> => ({
  group,
  version,
  plural,
  kind,
  scope,
  parse: (object) => {
    if (!isPlain(object)) throw new TypeError(`${kind} is no object: ${JSON.stringify(object)}`);
    return object;
  },
});

/** The kinds of objects that the cluster tests handle. */
export const kinds = {
  Namespace: plain("", "v1", "namespaces", "Namespace", "cluster"),
  Node: plain("", "v1", "nodes", "Node", "cluster"),
  Pod: plain("", "v1", "pods", "Pod", "namespaced"),
  Event: plain("", "v1", "events", "Event", "namespaced"),
  PersistentVolumeClaim: plain(
    "",
    "v1",
    "persistentvolumeclaims",
    "PersistentVolumeClaim",
    "namespaced",
  ),
  PersistentVolume: plain("", "v1", "persistentvolumes", "PersistentVolume", "cluster"),
  StatefulSet: plain("apps", "v1", "statefulsets", "StatefulSet", "namespaced"),
  StorageClass: plain("storage.k8s.io", "v1", "storageclasses", "StorageClass", "cluster"),
  NodeLocalStorage: plain(
    "stowage.dev",
    "v1alpha1",
    "nodelocalstorages",
    "NodeLocalStorage",
    "cluster",
  ),
  Secret: plain("", "v1", "secrets", "Secret", "namespaced"),
  ConfigMap: plain("", "v1", "configmaps", "ConfigMap", "namespaced"),
} as const;

export type Kind = keyof typeof kinds;

/** The value at a path such as "status.phase" or "spec.volumes.0.name"; undefined where it ends. */
export const at = (object: unknown, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>(
      (value, key) =>
        isPlain(value) || Array.isArray(value) ? Reflect.get(value, key) : undefined,
      object,
    );
