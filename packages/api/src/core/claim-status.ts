import { z } from "zod";
import type { Resource } from "../resource.ts";
import { sizeSchema } from "../size.ts";
import type { Claim } from "./claim.ts";
import { claims } from "./claim.ts";

const storage = z
  .object({ storage: sizeSchema.optional() })
  .nullish()
  .transform((sizes) => sizes?.storage);

/** Loose: whoever writes the list back must keep what others put into it. */
const conditionSchema = z.looseObject({ type: z.string(), status: z.string() });

const schema = z.object({
  status: z
    .object({
      phase: z.string().default("Pending"),
      capacity: storage,
      allocatedResources: storage,
      allocatedResourceStatuses: z.object({ storage: z.string().optional() }).nullish(),
      conditions: z.array(conditionSchema).nullish(),
    })
    .prefault({})
    .transform((status) => ({
      phase: status.phase,
      /** What the claim really has; undefined until it is bound. */
      capacity: status.capacity,
      /** What the last expansion was for. It stays when that is over. */
      allocated: status.allocatedResources,
      /** How far the expansion under way has come: ControllerResizeInProgress, ... */
      resize: status.allocatedResourceStatuses?.storage,
      conditions: status.conditions ?? [],
    })),
});

/** A claim with what its status says of its size. Source: KEP-1790, RecoverVolumeExpansionFailure. */
export type ClaimWithStatus = Claim & z.output<typeof schema>;
export type ClaimCondition = ClaimWithStatus["status"]["conditions"][number];

/** Claims for those who expand them; others need not keep the status. */
export const claimsWithStatus: Resource<ClaimWithStatus> = {
  ...claims,
  parse: (object) => ({ ...claims.parse(object), status: schema.parse(object).status }),
};
