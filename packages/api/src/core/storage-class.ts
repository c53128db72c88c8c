import { z } from "zod";
import { metadataSchema } from "../metadata.ts";
import type { Resource } from "../resource.ts";

const termSchema = z.object({
  matchLabelExpressions: z
    .array(z.object({ key: z.string(), values: z.array(z.string()) }))
    .nullish()
    .transform((list) => list ?? []),
});

const schema = z
  .object({
    metadata: metadataSchema,
    provisioner: z.string(),
    parameters: z.record(z.string(), z.string()).nullish(),
    reclaimPolicy: z.string().default("Delete"),
    volumeBindingMode: z.enum(["Immediate", "WaitForFirstConsumer"]).default("Immediate"),
    mountOptions: z.array(z.string()).nullish(),
    allowedTopologies: z.array(termSchema).nullish(),
  })
  .transform((object) => ({
    metadata: object.metadata,
    provisioner: object.provisioner,
    parameters: object.parameters ?? {},
    reclaimPolicy: object.reclaimPolicy,
    volumeBindingMode: object.volumeBindingMode,
    mountOptions: object.mountOptions ?? [],
    allowedTopologies: object.allowedTopologies ?? [],
  }));

/** A StorageClass, as far as Stowage reads it. */
export type StorageClass = z.output<typeof schema>;

export const storageClasses: Resource<StorageClass> = {
  group: "storage.k8s.io",
  version: "v1",
  plural: "storageclasses",
  kind: "StorageClass",
  scope: "cluster",
  parse: (object) => schema.parse(object),
};

/**
 * Whether a node's labels are within the class's allowedTopologies: any of the terms, each with all
 * of its expressions. Source: k8s.io/component-helpers/storage/volume MatchTopologySelectorTerms.
 */
export const allowsNode = (
  storageClass: Pick<StorageClass, "allowedTopologies">,
  nodeLabels: Readonly<Record<string, string>>,
): boolean =>
  storageClass.allowedTopologies.length === 0 ||
  storageClass.allowedTopologies.some((term) =>
    term.matchLabelExpressions.every(({ key, values }) => {
      const value = nodeLabels[key];
      return value !== undefined && values.includes(value);
    }),
  );
