import { claims, isDeleting, persistentVolumes } from "@stowage/api";
import type { Hands } from "./hands.ts";
import type { VolumeStep } from "./volume-step.ts";
import { wishOf } from "./wish.ts";

/**
 * Asks the API server itself whether a volume may go. The caches may lag behind a
 * PersistentVolume or a claim that another leader made a moment ago.
 */
export const isBurialConfirmed = async (
  step: Extract<VolumeStep, { kind: "bury" }>,
  { client, storageClass }: Hands,
): Promise<boolean> => {
  const { metadata, spec } = step.group;
  const volume = await client.find(persistentVolumes, { name: step.entry.name });
  if (step.ground === "released") {
    return (
      volume !== undefined &&
      volume.reclaimPolicy === "Delete" &&
      volume.phase !== "Bound" &&
      (volume.phase === "Released" || isDeleting(volume))
    );
  }
  if (volume !== undefined) return volume.group !== metadata.name;
  const { claim } = step.entry;
  if (step.ground !== "unwanted" || claim === undefined) return true;
  const current = await client.find(claims, { namespace: claim.namespace, name: claim.name });
  if (current === undefined || current.metadata.uid !== claim.uid) return true;
  if (current.spec.volumeName === step.entry.name) return false;
  const wish = wishOf(current, storageClass(current.spec.storageClassName ?? ""));
  const isWantedHere =
    (wish.kind === "anywhere" || (wish.kind === "volume" && wish.node === spec.nodeName)) &&
    wish.parameters.volumeGroup === spec.volumeGroup;
  return !isWantedHere;
};
