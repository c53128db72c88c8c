import { z } from "zod";
import { metadataSchema } from "../metadata.ts";
import type { Resource } from "../resource.ts";
import { sizeSchema } from "../size.ts";

const schema = z.object({
  metadata: metadataSchema,
  storageClassName: z.string(),
  capacity: sizeSchema.optional(),
  maximumVolumeSize: sizeSchema.optional(),
  nodeTopology: z
    .object({ matchLabels: z.record(z.string(), z.string()).nullish() })
    .nullish()
    .transform((selector) => selector?.matchLabels ?? {}),
});

/** A CSIStorageCapacity, as far as Stowage reads it. */
export type CsiStorageCapacity = z.output<typeof schema>;

export const csiStorageCapacities: Resource<CsiStorageCapacity> = {
  group: "storage.k8s.io",
  version: "v1",
  plural: "csistoragecapacities",
  kind: "CSIStorageCapacity",
  scope: "namespaced",
  parse: (object) => schema.parse(object),
};
