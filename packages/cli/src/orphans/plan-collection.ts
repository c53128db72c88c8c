import type { Claim, NodeLocalStorage, PersistentVolume, VolumeEntry } from "@stowage/api";
import { bytes, formatQuantity } from "@stowage/capacity";
import type { JsonPatchOperation } from "@stowage/kube";

export type Collection =
  | { readonly kind: "refused"; readonly why: string; readonly remedy: string }
  | { readonly kind: "collect"; readonly operation: JsonPatchOperation };

const refused = (why: string, remedy: string): Collection => ({ kind: "refused", why, remedy });

/** The agent counts the volume as others' until it goes, so the entry must not count it again. */
const hardlyAnything = formatQuantity(bytes(1));

/**
 * The tombstone by which the agent removes an orphan. Only what an agent reports as one can be
 * collected: it reports no volume that Stowage did not make.
 */
export const planCollection = (seen: {
  readonly group: NodeLocalStorage;
  readonly volume: string;
  readonly persistentVolume: PersistentVolume | undefined;
  /** The claim of the uid in the volume's tags, if it still exists. */
  readonly owner: Claim | undefined;
  readonly wipe: VolumeEntry["wipe"];
}): Collection => {
  const { group, volume, persistentVolume, owner, wipe } = seen;
  const entry = group.spec.volumes.find(({ name }) => name === volume);
  const orphan = group.status.orphans.find(({ name }) => name === volume);
  if (entry?.delete === true) {
    return refused("it is being removed already", "kubectl stowage volumes -A shows how far it is");
  }
  // Somebody may be adopting it this moment: a tombstone would then meet a new PersistentVolume.
  if (entry !== undefined) {
    return refused(
      "it is no orphan: spec.volumes has an entry for it",
      entry.claim === undefined
        ? "it is an admin's own: set delete: true in its entry to have it removed"
        : `delete its claim; where it has none: adopt it, then kubectl delete pv ${volume}`,
    );
  }
  if (orphan === undefined) {
    return refused(
      `${group.metadata.name} reports no orphan of this name; what Stowage did not make it never removes`,
      "kubectl stowage orphans lists what there is",
    );
  }
  if (persistentVolume !== undefined) {
    return refused(
      `PersistentVolume ${volume} still stands for it, and the provisioner puts its entry back`,
      `delete its claim, or kubectl delete pv ${volume}`,
    );
  }
  if (owner !== undefined) {
    const { namespace, name } = owner.metadata;
    return refused(
      `it belongs to claim ${namespace}/${name}, which still exists`,
      `kubectl -n ${namespace} delete pvc ${name}`,
    );
  }
  const value = {
    name: volume,
    size: hardlyAnything,
    ...(orphan.claim === undefined ? {} : { claim: orphan.claim }),
    ...(wipe === undefined ? {} : { wipe }),
    delete: true,
  };
  return { kind: "collect", operation: { op: "add", path: "/spec/volumes/-", value } };
};
