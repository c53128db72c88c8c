import type { Bytes, Extents } from "@stowage/capacity";
import { show, showNeed, sizeOf } from "@stowage/capacity";
import type { VolumeGroup } from "@stowage/lvm";

/** Something on the node, or in spec, has to change first. */
export type Refused = {
  readonly kind: "refused";
  readonly reason: string;
  readonly message: string;
};

/** Nothing to do until something on the node changes; then it goes on by itself. */
export type Waiting = {
  readonly kind: "waiting";
  readonly reason: string;
  readonly message: string;
};

export const refused = (reason: string, message: string): Refused => ({
  kind: "refused",
  reason,
  message,
});

export const noRoom = (need: Bytes, room: number, group: VolumeGroup): Refused =>
  refused(
    "NoSpace",
    `needs ${showNeed(need)} in ${group.name}, ${show(sizeOf(Math.max(0, room) as Extents, group.extentSize))} free of ${show(group.size)}`,
  );

/** The words alone, without what else a verdict carries. */
export const words = ({
  reason,
  message,
}: {
  readonly reason: string;
  readonly message: string;
}): { readonly reason: string; readonly message: string } => ({ reason, message });
