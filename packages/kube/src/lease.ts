import type { Resource } from "@stowage/api";
import type { Instant } from "@stowage/clock";
import { z } from "zod";

const specSchema = z.object({
  holderIdentity: z.string().nullish(),
  leaseDurationSeconds: z.number().int().nullish(),
  acquireTime: z.string().nullish(),
  renewTime: z.string().nullish(),
  leaseTransitions: z.number().int().nullish(),
});

// Loose: what others have put on the Lease (labels, owners) must survive a PUT.
const schema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), resourceVersion: z.string() }),
  spec: z
    .looseObject(specSchema.shape)
    .nullish()
    .transform((spec) => spec ?? {}),
});

export type LeaseSpec = z.output<typeof specSchema>;
export type Lease = z.output<typeof schema>;

export const leases: Resource<Lease> = {
  group: "coordination.k8s.io",
  version: "v1",
  plural: "leases",
  kind: "Lease",
  scope: "namespaced",
  parse: (object) => schema.parse(object),
};

/** Kubernetes' MicroTime. */
export const microTime = (instant: Instant): string =>
  new Date(instant).toISOString().replace("Z", "000Z");
