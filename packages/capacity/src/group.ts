import type { Bytes } from "./bytes.ts";
import { subtract } from "./bytes.ts";
import { takenBy } from "./extents.ts";

/** Room promised to one volume. Tombstones count too, until the volume is really gone. */
export type Reservation = { readonly name: string; readonly size: Bytes };

/** Whether a group takes new volumes, and if not, why. */
export type GroupState =
  | { readonly kind: "ready" }
  | { readonly kind: "cordoned" }
  | { readonly kind: "not_ready"; readonly message: string };

/**
 * The ledger of one volume group on one node, as all of Stowage computes with it.
 * Invariant: what is promised is the sum of `reservations`, each rounded up to whole extents;
 * everything else in the group is already taken off `allocatable`.
 */
export type Group = {
  readonly node: string;
  readonly volumeGroup: string;
  readonly state: GroupState;
  readonly extentSize: Bytes;
  readonly size: Bytes;
  readonly allocatable: Bytes;
  readonly reservations: readonly Reservation[];
};

/** How many reservations one group can hold: an etcd object stays well under 1 MiB. */
export const reservationLimit = 1000;

/** What all reservations take. */
export const booked = ({ reservations, extentSize }: Group): Bytes =>
  takenBy(
    reservations.map(({ size }) => size),
    extentSize,
  );

/** allocatable less what is booked; nothing when more was promised than the group has now. */
export const free = (group: Group): Bytes => subtract(group.allocatable, booked(group));
