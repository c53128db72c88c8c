import type { Resource } from "@stowage/api";
import { z } from "zod";

/* Kinds that only the doctor reads. */

const driverSchema = z.object({
  spec: z.object({ storageCapacity: z.boolean().nullish() }),
});

export type CsiDriver = z.output<typeof driverSchema>;

export const csiDrivers: Resource<CsiDriver> = {
  group: "storage.k8s.io",
  version: "v1",
  plural: "csidrivers",
  kind: "CSIDriver",
  scope: "cluster",
  parse: (object) => driverSchema.parse(object),
};

const leaseSchema = z
  .object({
    metadata: z.object({
      name: z.string(),
      managedFields: z
        .array(z.object({ time: z.string().optional(), fieldsV1: z.unknown() }))
        .nullish()
        .transform((list) => list ?? []),
    }),
    spec: z
      .object({
        holderIdentity: z.string().nullish(),
        renewTime: z.string().nullish(),
        leaseDurationSeconds: z.number().nullish(),
      })
      .nullish(),
  })
  .transform(({ metadata, spec }) => ({
    name: metadata.name,
    holder: spec?.holderIdentity ?? "",
    durationSeconds: spec?.leaseDurationSeconds ?? 0,
    /** By the clock of whoever renews it. */
    renewed: spec?.renewTime ?? undefined,
    /** The same moment by the API server's clock, in whole seconds. */
    written: metadata.managedFields
      .filter(({ fieldsV1 }) => JSON.stringify(fieldsV1 ?? {}).includes('"f:renewTime"'))
      .flatMap(({ time }) => time ?? [])
      .toSorted()
      .at(-1),
  }));

export type LeaseRead = z.output<typeof leaseSchema>;

export const leasesRead: Resource<LeaseRead> = {
  group: "coordination.k8s.io",
  version: "v1",
  plural: "leases",
  kind: "Lease",
  scope: "namespaced",
  parse: (object) => leaseSchema.parse(object),
};

const bindingSchema = z.object({ spec: z.object({ policyName: z.string().default("") }) });

export const policyBindings: Resource<z.output<typeof bindingSchema>> = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  plural: "validatingadmissionpolicybindings",
  kind: "ValidatingAdmissionPolicyBinding",
  scope: "cluster",
  parse: (object) => bindingSchema.parse(object),
};

const policySchema = z.object({ metadata: z.object({ name: z.string() }) });

export const policies: Resource<z.output<typeof policySchema>> = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  plural: "validatingadmissionpolicies",
  kind: "ValidatingAdmissionPolicy",
  scope: "cluster",
  parse: (object) => policySchema.parse(object),
};

const reviewSchema = z.object({ status: z.object({ allowed: z.boolean().default(false) }) });

export const accessReviews: Resource<z.output<typeof reviewSchema>> = {
  group: "authorization.k8s.io",
  version: "v1",
  plural: "subjectaccessreviews",
  kind: "SubjectAccessReview",
  scope: "cluster",
  parse: (object) => reviewSchema.parse(object),
};
