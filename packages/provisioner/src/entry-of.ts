import type { VolumeEntry } from "@stowage/api";
import { volumeNameOf } from "@stowage/api";
import type { VolumeWish } from "./volume-step.ts";

/** The entry in the ledger that promises room for a wish. */
export const entryOf = ({ claim, parameters }: VolumeWish): VolumeEntry => {
  const { namespace, name, uid } = claim.metadata;
  const { mkfsOptions, fsType, wipe } = parameters;
  const isFormatted = mkfsOptions !== undefined && claim.spec.volumeMode === "Filesystem";
  return {
    name: volumeNameOf(uid),
    claim: { namespace, name, uid },
    size: claim.spec.request,
    volumeMode: claim.spec.volumeMode,
    ...(wipe === undefined ? {} : { wipe }),
    // The kubelet formats with options of its own, and leaves alone what is formatted already.
    ...(isFormatted ? { fileSystem: { type: fsType, mkfsOptions } } : {}),
    pending: true,
  };
};
