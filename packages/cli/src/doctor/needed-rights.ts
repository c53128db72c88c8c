import type { Program } from "../program-pods.ts";

/** One thing that an account may have to do; a resource may be "plural/subresource". */
export type Right = {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  /** Stowage's own namespace, or the whole cluster. */
  readonly scope: "namespace" | "cluster";
  /** The one object that it is about; any when absent. */
  readonly name?: string;
};

const rights = (
  scope: Right["scope"],
  group: string,
  resources: readonly string[],
  verbs: readonly string[],
): Right[] =>
  resources.flatMap((resource) => verbs.map((verb) => ({ group, resource, verb, scope })));

const read = ["get", "list", "watch"];

const lease = {
  scope: "namespace",
  group: "coordination.k8s.io",
  resource: "leases",
  name: "stowage-provisioner",
} as const;

/** What each program's ServiceAccount needs; a test holds it against deploy/manifests. */
export const neededRights: Readonly<Record<Program, readonly Right[]>> = {
  agent: [
    ...rights("cluster", "stowage.dev", ["nodelocalstorages"], read),
    ...rights("cluster", "stowage.dev", ["nodelocalstorages/status"], ["patch"]),
  ],
  extender: [
    ...rights("cluster", "stowage.dev", ["nodelocalstorages"], read),
    ...rights("cluster", "", ["nodes", "persistentvolumeclaims", "persistentvolumes"], read),
    ...rights("cluster", "", ["pods"], ["get"]),
    ...rights("cluster", "storage.k8s.io", ["storageclasses"], read),
    ...rights("namespace", "", ["pods"], read),
  ],
  provisioner: [
    ...rights("cluster", "stowage.dev", ["nodelocalstorages"], [...read, "create", "patch"]),
    ...rights("cluster", "", ["persistentvolumes"], [...read, "create", "patch", "delete"]),
    ...rights("cluster", "", ["persistentvolumeclaims"], [...read, "patch"]),
    ...rights("cluster", "", ["persistentvolumeclaims/status"], ["patch"]),
    ...rights("cluster", "", ["nodes", "pods"], read),
    ...rights("cluster", "storage.k8s.io", ["storageclasses"], read),
    ...rights("cluster", "", ["events"], ["create", "patch"]),
    ...rights(
      "namespace",
      "storage.k8s.io",
      ["csistoragecapacities"],
      [...read, "create", "patch", "delete"],
    ),
    ...rights("namespace", "coordination.k8s.io", ["leases"], ["create"]),
    { ...lease, verb: "get" },
    { ...lease, verb: "update" },
  ],
};
