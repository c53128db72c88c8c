import { z } from "zod";

const words = z
  .record(z.string(), z.string())
  .nullish()
  .transform((map) => map ?? {});

const ownerReferenceSchema = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().optional(),
});

/** What Stowage reads of any object's metadata. Source: k8s.io/apimachinery ObjectMeta. */
export const metadataSchema = z.object({
  name: z.string(),
  namespace: z.string().default(""),
  uid: z.string().default(""),
  resourceVersion: z.string().default(""),
  generation: z.number().int().default(0),
  creationTimestamp: z.string().default(""),
  deletionTimestamp: z.string().optional(),
  labels: words,
  annotations: words,
  finalizers: z
    .array(z.string())
    .nullish()
    .transform((list) => list ?? []),
  ownerReferences: z
    .array(ownerReferenceSchema)
    .nullish()
    .transform((list) => list ?? []),
});

export type Metadata = z.output<typeof metadataSchema>;

/** Has the object been deleted, and waits only for its finalizers? */
export const isDeleting = (object: { readonly metadata: Metadata }): boolean =>
  object.metadata.deletionTimestamp !== undefined;

/** "namespace/name", or "name" for what has no namespace: the key under which work is queued. */
export const keyOf = (object: {
  readonly metadata: { readonly namespace: string; readonly name: string };
}): string =>
  object.metadata.namespace === ""
    ? object.metadata.name
    : `${object.metadata.namespace}/${object.metadata.name}`;
