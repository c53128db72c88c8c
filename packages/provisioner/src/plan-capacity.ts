import type { CsiStorageCapacity } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { formatQuantity } from "@stowage/capacity";
import type { Moment, Milliseconds } from "@stowage/clock";
import { elapsed, milliseconds, minutes } from "@stowage/clock";
import type { CapacityWish } from "./capacity-object.ts";
import { ownerReferenceTo } from "./capacity-object.ts";

/**
 * How long a decrease may wait for others. The extender and the ledger are exact; a number that is
 * too high here costs a look at a node that is then refused.
 */
export const decreaseDelay: Milliseconds = minutes(1);

export type CapacityStep =
  | { readonly kind: "create"; readonly object: object }
  | { readonly kind: "update"; readonly name: string; readonly body: object }
  | { readonly kind: "delete"; readonly name: string }
  | { readonly kind: "look_again"; readonly after: Milliseconds };

/** The published number has been too high since then; the room was down to `lowest` meanwhile. */
export type Decrease = { readonly since: Moment; readonly lowest: Bytes };

/**
 * What to do so that one published object tells what it should. Increases go out at once: a pod that
 * was refused on less room is woken by nothing else. So an increase from a number that was never
 * published has that number published first.
 */
export const planCapacity = (
  name: string,
  wish: CapacityWish | undefined,
  published: CsiStorageCapacity | undefined,
  now: Moment,
  decrease: Decrease | undefined,
): CapacityStep | undefined => {
  if (wish === undefined) return published === undefined ? undefined : { kind: "delete", name };
  if (published === undefined) return { kind: "create", object: objectOf(wish) };
  const isSameNodes = JSON.stringify(published.nodeTopology) === JSON.stringify(wish.nodeLabels);
  // What an object is about cannot be changed; the next look makes it anew.
  if (!isSameNodes || published.storageClassName !== wish.storageClassName) {
    return { kind: "delete", name };
  }
  const update = (capacity: Bytes): CapacityStep => ({
    kind: "update",
    name,
    body: {
      capacity: formatQuantity(capacity),
      maximumVolumeSize:
        wish.maximumVolumeSize === undefined ? null : formatQuantity(wish.maximumVolumeSize),
    },
  });
  if (published.maximumVolumeSize !== wish.maximumVolumeSize) return update(wish.capacity);
  const before = published.capacity ?? 0;
  if (wish.capacity > before) return update(wish.capacity);
  if (decrease !== undefined && wish.capacity > decrease.lowest) return update(decrease.lowest);
  if (wish.capacity === before) return undefined;
  const waited = elapsed(decrease?.since ?? now, now);
  return waited >= decreaseDelay
    ? update(wish.capacity)
    : { kind: "look_again", after: milliseconds(decreaseDelay - waited) };
};

const objectOf = (wish: CapacityWish): object => ({
  metadata: {
    name: wish.name,
    ...(wish.owner === undefined ? {} : { ownerReferences: [ownerReferenceTo(wish.owner)] }),
  },
  storageClassName: wish.storageClassName,
  nodeTopology: { matchLabels: wish.nodeLabels },
  capacity: formatQuantity(wish.capacity),
  ...(wish.maximumVolumeSize === undefined
    ? {}
    : { maximumVolumeSize: formatQuantity(wish.maximumVolumeSize) }),
});
