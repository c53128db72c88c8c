import { ephemeralClaimName } from "@stowage/api";
import type { PodWire, VolumeWire } from "./wire.ts";

/** The keys of the claims that a pod uses, those of its ephemeral volumes included. */
export const claimKeysOf = ({ metadata, spec }: PodWire): string[] =>
  spec.volumes.map(
    ({ name, persistentVolumeClaim }) =>
      `${metadata.namespace}/${persistentVolumeClaim?.claimName ?? ephemeralClaimName(metadata.name, name)}`,
  );

/** The hostnames of the nodes that a PersistentVolume can be used on. */
export const affinityOf = ({ spec }: VolumeWire): string[] =>
  spec.nodeAffinity.required.nodeSelectorTerms.flatMap(({ matchExpressions }) =>
    matchExpressions.flatMap(({ values }) => values),
  );

/** Group and logical volume in the path of a PersistentVolume. */
export const volumeAt = ({
  spec,
}: VolumeWire): { readonly group: string; readonly name: string } => {
  const [, , group = "", name = ""] = spec.local.path.split("/");
  return { group, name };
};
