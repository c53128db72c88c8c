import type { VolumeEntry } from "@stowage/api";
import { volumeNameOf } from "@stowage/api";
import type { VolumeWish } from "./volume-step.ts";

/** The entry in the ledger that promises room for a wish. */
export const entryOf = ({ claim, parameters }: VolumeWish): VolumeEntry => {
  const { namespace, name, uid } = claim.metadata;
  return {
    name: volumeNameOf(uid),
    claim: { namespace, name, uid },
    size: claim.spec.request,
    ...(parameters.wipe === undefined ? {} : { wipe: parameters.wipe }),
    pending: true,
  };
};
