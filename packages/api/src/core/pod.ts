import { z } from "zod";
import { metadataSchema } from "../metadata.ts";
import type { Resource } from "../resource.ts";
import { claimSpecSchema } from "./claim.ts";

const volumeSchema = z.object({
  name: z.string(),
  persistentVolumeClaim: z.object({ claimName: z.string() }).optional(),
  ephemeral: z
    .object({ volumeClaimTemplate: z.object({ spec: claimSpecSchema }).optional() })
    .optional(),
});

const schema = z
  .object({
    metadata: metadataSchema,
    spec: z.object({
      nodeName: z.string().optional(),
      volumes: z.array(volumeSchema).nullish(),
    }),
    status: z
      .object({
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
      })
      .prefault({}),
  })
  .transform(({ metadata, spec, status }) => ({
    metadata,
    nodeName: spec.nodeName,
    volumes: spec.volumes ?? [],
    ready: (status.conditions ?? []).some(
      ({ type, status: value }) => type === "Ready" && value === "True",
    )
      ? ("ready" as const)
      : ("not_ready" as const),
  }));

/** A Pod, as far as Stowage reads it. */
export type Pod = z.output<typeof schema>;

/** The claim that Kubernetes makes for a generic ephemeral volume. Source: KEP-1698. */
export const ephemeralClaimName = (podName: string, volumeName: string): string =>
  `${podName}-${volumeName}`;

export const pods: Resource<Pod> = {
  group: "",
  version: "v1",
  plural: "pods",
  kind: "Pod",
  scope: "namespaced",
  parse: (object) => schema.parse(object),
};

const placementSchema = z
  .object({
    metadata: metadataSchema,
    spec: z.object({
      nodeName: z.string().optional(),
      volumes: z
        .array(
          z.object({
            name: z.string(),
            persistentVolumeClaim: z.object({ claimName: z.string() }).nullish(),
            ephemeral: z.unknown().optional(),
          }),
        )
        .nullish(),
    }),
  })
  .transform(({ metadata, spec }) => ({
    // Pods of all kinds are kept: only what tells them apart.
    metadata: { ...metadata, labels: {}, annotations: {}, ownerReferences: [] },
    nodeName: spec.nodeName,
    /** Names of the claims that the pod uses, those of its ephemeral volumes included. */
    claimNames: (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
      if (persistentVolumeClaim) return [persistentVolumeClaim.claimName];
      return ephemeral === undefined || ephemeral === null
        ? []
        : [ephemeralClaimName(metadata.name, name)];
    }),
  }));

/** Where a Pod is and which claims it uses. Templates are not read: they may be anybody's. */
export type PodPlacement = z.output<typeof placementSchema>;

export const podPlacements: Resource<PodPlacement> = {
  ...pods,
  parse: (object) => placementSchema.parse(object),
};
