import { z } from "zod";
import { metadataSchema } from "../metadata.ts";
import { annotations } from "../names.ts";
import type { Resource } from "../resource.ts";
import { sizeSchema } from "../size.ts";

export const volumeModeSchema = z.enum(["Filesystem", "Block"]);
export type VolumeMode = z.output<typeof volumeModeSchema>;

/** spec of a claim, also as it stands in the template of a generic ephemeral volume. */
export const claimSpecSchema = z
  .object({
    storageClassName: z.string().optional(),
    volumeName: z.string().default(""),
    volumeMode: volumeModeSchema.default("Filesystem"),
    accessModes: z.array(z.string()).nullish(),
    resources: z.object({ requests: z.object({ storage: sizeSchema }) }),
    selector: z.unknown().optional(),
    dataSource: z.unknown().optional(),
    dataSourceRef: z.unknown().optional(),
  })
  .transform((spec) => ({
    storageClassName: spec.storageClassName,
    /** The PersistentVolume that the claim is bound to; "" while it is unbound. */
    volumeName: spec.volumeName,
    volumeMode: spec.volumeMode,
    accessModes: spec.accessModes ?? [],
    request: spec.resources.requests.storage,
    selector: spec.selector === undefined || spec.selector === null ? "none" : "present",
    dataSource:
      (spec.dataSource ?? spec.dataSourceRef ?? undefined) === undefined ? "none" : "present",
  }));

export type ClaimSpec = z.output<typeof claimSpecSchema>;

const schema = z
  .object({ metadata: metadataSchema, spec: claimSpecSchema })
  .transform(({ metadata, spec }) => ({
    metadata,
    spec,
    selectedNode: metadata.annotations[annotations.selectedNode],
    storageProvisioner:
      metadata.annotations[annotations.storageProvisioner] ??
      metadata.annotations[annotations.betaStorageProvisioner],
  }));

/** A PersistentVolumeClaim, as far as Stowage reads it. */
export type Claim = z.output<typeof schema>;

export const claims: Resource<Claim> = {
  group: "",
  version: "v1",
  plural: "persistentvolumeclaims",
  kind: "PersistentVolumeClaim",
  scope: "namespaced",
  parse: (object) => schema.parse(object),
};
