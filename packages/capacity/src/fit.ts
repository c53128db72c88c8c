import type { Bytes } from "./bytes.ts";
import { subtract } from "./bytes.ts";
import { takenBy } from "./extents.ts";
import type { Group } from "./group.ts";
import { free, reservationLimit } from "./group.ts";
import { noRoom } from "./no-room.ts";
import type { Refusal } from "./refusal.ts";

export type Fit =
  | { readonly kind: "fits"; readonly freeAfter: Bytes }
  | { readonly kind: "refused"; readonly refusal: Refusal };

const refused = (refusal: Refusal): Fit => ({ kind: "refused", refusal });

/**
 * Whether all of `sizes` fit into the group together. This is the one answer to that question:
 * extender, provisioner, agent and CLI all ask here.
 */
export const fit = (group: Group, sizes: readonly Bytes[]): Fit => {
  const { node, volumeGroup, state } = group;
  if (state.kind === "cordoned") return refused({ code: "cordoned", volumeGroup });
  if (state.kind === "not_ready") {
    return refused({ code: "group_not_ready", node, volumeGroup, message: state.message });
  }
  if (group.reservations.length + sizes.length > reservationLimit) {
    return refused({ code: "list_full", volumeGroup, limit: reservationLimit });
  }
  const room = free(group);
  const need = takenBy(sizes, group.extentSize);
  if (need > room) return refused(noRoom(group, need, sizes.length));
  return { kind: "fits", freeAfter: subtract(room, need) };
};
