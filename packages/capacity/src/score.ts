import type { Bytes } from "./bytes.ts";
import type { Group } from "./group.ts";
import { fit } from "./fit.ts";

/** Where a volume should go among the nodes that have room: where most is left after it, or least. */
export type Strategy = "spread" | "binpack";

/**
 * The share of the group (0 to 1) that is free once `sizes` are placed; undefined if they do not
 * fit. The higher, the better for spread; the lower, the better for binpack.
 */
export const roomAfter = (group: Group, sizes: readonly Bytes[]): number | undefined => {
  const answer = fit(group, sizes);
  if (answer.kind === "refused") return undefined;
  return group.size === 0 ? 0 : answer.freeAfter / group.size;
};
