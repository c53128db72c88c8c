import type { Bytes } from "./bytes.ts";
import { subtract } from "./bytes.ts";
import { roundUpToExtents } from "./extents.ts";
import type { Group, Reservation } from "./group.ts";
import { free } from "./group.ts";
import { noRoom } from "./no-room.ts";
import type { Refusal } from "./refusal.ts";

/**
 * Raises one reservation to `size`: only the difference, in whole extents, has to be free. A
 * cordoned group still lets its volumes grow, since they cannot go anywhere else.
 */
export const grow = (
  group: Group,
  reservation: Reservation,
  size: Bytes,
):
  | { readonly kind: "reserved"; readonly group: Group }
  | { readonly kind: "refused"; readonly refusal: Refusal } => {
  const { node, volumeGroup, state, extentSize } = group;
  if (state.kind === "not_ready") {
    const { message } = state;
    return { kind: "refused", refusal: { code: "group_not_ready", node, volumeGroup, message } };
  }
  const need = subtract(
    roundUpToExtents(size, extentSize),
    roundUpToExtents(reservation.size, extentSize),
  );
  if (need > free(group)) return { kind: "refused", refusal: noRoom(group, need, 1) };
  const raised = (other: Reservation): Reservation =>
    other.name === reservation.name && other.size < size ? { ...other, size } : other;
  return { kind: "reserved", group: { ...group, reservations: group.reservations.map(raised) } };
};
