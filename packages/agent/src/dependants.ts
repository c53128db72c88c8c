import type { LogicalVolume, VolumeGroup } from "@stowage/lvm";

type Words = { readonly reason: string; readonly message: string };

/**
 * Why LVM would take more along than a volume, or cannot do with it what is asked: somebody has built
 * on it, or made something else of it. Undefined for a plain volume that stands for itself.
 */
export const entanglementOf = (
  { name, origin, layout }: LogicalVolume,
  { name: group, logicalVolumes }: Pick<VolumeGroup, "name" | "logicalVolumes">,
): Words | undefined => {
  const dependants = logicalVolumes
    .filter((other) => other.origin === name || other.pool === name)
    .map((other) => `${group}/${other.name}`);
  if (dependants.length > 0) {
    return {
      reason: "HasDependants",
      message: `${dependants.join(", ")} ${dependants.length === 1 ? "depends" : "depend"} on it; remove that with lvremove, or merge it`,
    };
  }
  if (origin !== undefined) {
    return { reason: "Converted", message: `it was made a snapshot of ${group}/${origin}` };
  }
  // LVM calls an origin and a snapshot linear too.
  if (layout.join() === "linear") return undefined;
  return {
    reason: "Converted",
    message: `it was made ${layout.join(", ")} (lvs -o lv_layout); make it linear again with lvconvert`,
  };
};
