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
