import type { Bytes } from "./bytes.ts";
import { bytes } from "./bytes.ts";
import { parseQuantity, QuantityError } from "./quantity.ts";

/** The part of a volume group that Stowage leaves to others: bytes, or a share of the whole group. */
export type Reserved =
  | { readonly kind: "size"; readonly size: Bytes }
  | { readonly kind: "share"; readonly percent: number };

const percentGrammar = /^(?<percent>\d{1,3}(?:\.\d{1,3})?)%$/;

/**
 * Reads "10Gi" or "5%".
 * @throws QuantityError when it is neither, or over 100 %.
 */
export const parseReserved = (text: string): Reserved => {
  const match = percentGrammar.exec(text);
  if (match === null) return { kind: "size", size: parseQuantity(text) };
  const percent = Number(match.groups?.["percent"]);
  if (percent > 100) throw new QuantityError(`"${text}" is more than the whole volume group`);
  return { kind: "share", percent };
};

/** Rounds up to a byte; the whole group at most. */
export const reservedBytes = (reserved: Reserved, groupSize: Bytes): Bytes =>
  reserved.kind === "size"
    ? bytes(Math.min(reserved.size, groupSize))
    : bytes(Math.min(groupSize, Math.ceil((groupSize * reserved.percent) / 100)));
