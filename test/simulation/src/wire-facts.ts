import type { VolumeWire } from "./wire.ts";

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
