import type { PersistentVolume } from "@stowage/api";
import { apiVersionOf, claims, persistentVolumes } from "@stowage/api";
import type { Regarding } from "@stowage/kube";

/** What an event is about. */
export const regardingClaim = (metadata: {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}): Regarding => ({
  apiVersion: apiVersionOf(claims),
  kind: claims.kind,
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
});

export const regardingVolume = ({ metadata }: PersistentVolume): Regarding => ({
  apiVersion: apiVersionOf(persistentVolumes),
  kind: persistentVolumes.kind,
  namespace: "",
  name: metadata.name,
  uid: metadata.uid,
});
