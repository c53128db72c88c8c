import { annotations } from "@stowage/api";
import type { Kind, Raw, Refused } from "@stowage/kube/testing";
import { refused } from "@stowage/kube/testing";
import { admitNodeLocalStorage } from "./crd-schema.ts";
import { wireOf } from "./wire.ts";

/** Kept on claims while pods use them. */
export const claimProtection = "kubernetes.io/pvc-protection";
/** Kept on PersistentVolumes while they are bound. */
export const volumeProtection = "kubernetes.io/pv-protection";
/** In place of the grace period: a pod that runs goes when its kubelet has let go of it. */
export const kubeletFinalizer = "simulation/kubelet";

const withFinalizer = (object: Raw, finalizer: string): Raw => {
  const finalizers = [...(object.metadata.finalizers ?? []), finalizer];
  return { ...object, metadata: { ...object.metadata, finalizers } };
};

/** A claim's spec never changes but for volumeName, which is set once, and a request that grows. */
const admitClaim = (object: Raw, before: Raw | undefined): Raw | Refused => {
  if (before === undefined) {
    return { ...withFinalizer(object, claimProtection), status: { phase: "Pending" } };
  }
  const now = wireOf("persistentvolumeclaims", object);
  const old = wireOf("persistentvolumeclaims", before);
  if ((old.spec.volumeName ?? "") !== "" && now.spec.volumeName !== old.spec.volumeName) {
    return refused(422, "Invalid", "spec is immutable after creation");
  }
  return object;
};

const admitVolume = (object: Raw, before: Raw | undefined): Raw | Refused => {
  if (before === undefined) {
    return { ...withFinalizer(object, volumeProtection), status: { phase: "Pending" } };
  }
  const now = wireOf("persistentvolumes", object);
  const old = wireOf("persistentvolumes", before);
  return now.spec.local.path === old.spec.local.path
    ? object
    : refused(422, "Invalid", "spec.persistentvolumesource is immutable after creation");
};

const core = (plural: string, more: Partial<Kind> = {}): Kind => ({
  plural,
  status: "subresource",
  generation: "none",
  ...more,
});

/** The collections that the programs use, as the API server keeps them. */
export const kinds: readonly Kind[] = [
  core("nodes"),
  core("pods", {
    admit: (object, before) =>
      before === undefined ? { ...object, status: { phase: "Pending" } } : object,
    fields: (object) => {
      const { spec, status } = wireOf("pods", object);
      return { "spec.nodeName": spec.nodeName ?? "", "status.phase": status.phase ?? "" };
    },
  }),
  core("persistentvolumeclaims", { admit: admitClaim }),
  core("persistentvolumes", { admit: admitVolume }),
  core("storageclasses", { status: "part" }),
  core("csistoragecapacities", { status: "part" }),
  core("leases", { status: "part" }),
  core("events", { status: "part" }),
  core("nodelocalstorages", {
    generation: "counted",
    admit: admitNodeLocalStorage,
    fields: (object) => ({
      "spec.nodeName": wireOf("nodelocalstorages", object).spec.nodeName,
    }),
  }),
];

export const selectedNodeOf = ({ metadata }: Raw): string | undefined =>
  metadata.annotations?.[annotations.selectedNode];
