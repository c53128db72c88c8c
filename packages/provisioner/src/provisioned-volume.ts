import { keyOf, persistentVolumes, volumeFinalizer } from "@stowage/api";
import type { PersistentVolume } from "@stowage/api";
import { isKubeError } from "@stowage/kube";
import { claimOf } from "./claim-of.ts";
import type { Hands, Onward } from "./hands.ts";
import { persistentVolumeFor } from "./persistent-volume.ts";
import { regardingClaim } from "./regarding.ts";
import type { VolumeStep } from "./volume-step.ts";

/** Makes the PersistentVolume of a logical volume that is there. */
export const createPersistentVolume = async (
  step: Extract<VolumeStep, { kind: "create_persistent_volume" }>,
  { client, events, metrics, log, attempts }: Hands,
): Promise<Onward> => {
  const { wish, made, hostname } = step;
  const size = made.status?.size ?? made.entry.size;
  const object = persistentVolumeFor({ ...wish, group: made.group, hostname, size });
  const name = made.entry.name;
  try {
    await client.create(persistentVolumes, object);
  } catch (error) {
    if (!isKubeError(error, "already_exists")) throw error;
    // The answer to our own create was lost, or somebody else took the name: planVolume, which
    // sees it in a moment, tells the two apart.
    return "stop";
  }
  attempts.succeed(name);
  const storageClass = wish.storageClass.metadata.name;
  const durationMs = metrics.provisioned(name, storageClass);
  events.emit(regardingClaim(wish.claim.metadata), {
    type: "Normal",
    reason: "ProvisioningSucceeded",
    message: `Successfully provisioned volume ${name} on node ${made.group.spec.nodeName}`,
  });
  log.info(
    {
      volume: name,
      claim: keyOf(wish.claim),
      node: wish.node,
      class: storageClass,
      bytes: size,
      durationMs,
    },
    "volume provisioned",
  );
  return "go_on";
};

/** Lets a PersistentVolume go whose logical volume is gone. */
export const releaseFinalizer = async (
  volume: PersistentVolume,
  { client, metrics, log }: Hands,
): Promise<void> => {
  const { name } = volume.metadata;
  const current = await client.find(persistentVolumes, { name });
  const index = current?.metadata.finalizers.indexOf(volumeFinalizer) ?? -1;
  if (current === undefined || index === -1 || current.metadata.uid !== volume.metadata.uid) return;
  const path = `/metadata/finalizers/${index}`;
  await client
    .patch(
      persistentVolumes,
      { name },
      {
        kind: "json",
        operations: [
          { op: "test", path, value: volumeFinalizer },
          { op: "remove", path },
        ],
      },
    )
    .catch(ignoreAbsence);
  if (volume.reclaimPolicy !== "Delete") return;
  const storageClass = volume.storageClassName ?? "";
  const durationMs = metrics.deleted(name, storageClass);
  log.info(
    {
      volume: name,
      claim: claimOf(volume.claimRef),
      group: volume.group,
      class: storageClass,
      bytes: volume.capacity,
      durationMs,
    },
    "volume deleted",
  );
};

/** For what may be gone already. */
export const ignoreAbsence = (error: unknown): void => {
  if (!isKubeError(error, "not_found")) throw error;
};
