import { z } from "zod";
import { metadataSchema } from "../metadata.ts";
import { annotations, claimUidOf, provisionerName } from "../names.ts";
import type { Resource } from "../resource.ts";
import { sizeSchema } from "../size.ts";
import { volumeModeSchema } from "./claim.ts";

const schema = z
  .object({
    metadata: metadataSchema,
    spec: z.object({
      capacity: z.object({ storage: sizeSchema }),
      persistentVolumeReclaimPolicy: z.string().default("Retain"),
      storageClassName: z.string().optional(),
      volumeMode: volumeModeSchema.default("Filesystem"),
      local: z.object({ path: z.string() }).optional(),
      claimRef: z
        .object({
          namespace: z.string().default(""),
          name: z.string().default(""),
          uid: z.string().default(""),
        })
        .optional(),
    }),
    status: z
      .object({
        phase: z.string().default("Pending"),
        lastPhaseTransitionTime: z.string().nullish(),
      })
      .prefault({}),
  })
  .transform(({ metadata, spec, status }) => ({
    metadata,
    capacity: spec.capacity.storage,
    reclaimPolicy: spec.persistentVolumeReclaimPolicy,
    storageClassName: spec.storageClassName,
    volumeMode: spec.volumeMode,
    localPath: spec.local?.path,
    claimRef: spec.claimRef,
    phase: status.phase,
    phaseSince: status.lastPhaseTransitionTime ?? undefined,
    /** The NodeLocalStorage whose ledger holds the volume. */
    group: metadata.annotations[annotations.nodeLocalStorage],
    /** The uid of the claim for which the logical volume was made, where that is not claimRef's. */
    adoptedFrom: metadata.annotations[annotations.adopted],
    provisionedBy: metadata.annotations[annotations.provisionedBy],
    preResizeCapacity: metadata.annotations[annotations.preResizeCapacity],
  }));

/** A PersistentVolume, as far as Stowage reads it. */
export type PersistentVolume = z.output<typeof schema>;

/**
 * The uid of the claim for which the logical volume was made, which its tags tell too. One that was
 * adopted has another claim now, or none yet.
 */
export const madeFor = ({ adoptedFrom, claimRef }: PersistentVolume): string | undefined =>
  adoptedFrom ?? claimRef?.uid;

/** Does the PersistentVolume stand for a logical volume that Stowage made for a claim? */
export const isOfStowage = (volume: PersistentVolume): boolean =>
  volume.provisionedBy === provisionerName && madeFor(volume) === claimUidOf(volume.metadata.name);

export const persistentVolumes: Resource<PersistentVolume> = {
  group: "",
  version: "v1",
  plural: "persistentvolumes",
  kind: "PersistentVolume",
  scope: "cluster",
  parse: (object) => schema.parse(object),
};
