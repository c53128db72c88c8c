import type { Bytes } from "./bytes.ts";
import { bytes } from "./bytes.ts";

declare const unit: unique symbol;

/** A number of physical extents, the unit in which LVM allocates (lvm(8), vgcreate --physicalextentsize). */
export type Extents = number & { readonly [unit]: "extents" };

/** Rounds up: a volume is never smaller than its claim, and never without an extent. */
export const extentsFor = (size: Bytes, extentSize: Bytes): Extents =>
  Math.max(1, Math.ceil(size / extentSize)) as Extents;

export const sizeOf = (extents: Extents, extentSize: Bytes): Bytes => bytes(extents * extentSize);

/** More than can be counted is as much as can be: no group holds either. */
const atMost = (count: number): Bytes => bytes(Math.min(count, Number.MAX_SAFE_INTEGER));

/** The bytes that LVM really takes for a volume of `size`. */
export const roundUpToExtents = (size: Bytes, extentSize: Bytes): Bytes =>
  atMost(extentsFor(size, extentSize) * extentSize);

/** The bytes that LVM takes for volumes of all these sizes. */
export const takenBy = (sizes: readonly Bytes[], extentSize: Bytes): Bytes => {
  let total = 0;
  for (const size of sizes) total += roundUpToExtents(size, extentSize);
  return atMost(total);
};
