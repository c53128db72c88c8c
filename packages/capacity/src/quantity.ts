import type { Bytes } from "./bytes.ts";
import { bytes } from "./bytes.ts";

/** A text that is no size; the message says what was expected. */
export class QuantityError extends Error {
  readonly code = "quantity_invalid";
}

const binary: Record<string, bigint> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
};
const decimal: Record<string, number> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const grammar =
  /^\+?(?<whole>\d*)(?:\.(?<fraction>\d*))?(?:[eE](?<exponent>[+-]?\d{1,2})|(?<suffix>[KMGTPE]i|[numkMGTPE]))?$/;

/**
 * Reads a Kubernetes quantity ("1Gi", "1500M", "1.5e9", "221920847") as bytes, rounding a fraction
 * of a byte up. Source: k8s.io/apimachinery/pkg/api/resource/quantity.go.
 * @throws QuantityError
 */
export const parseQuantity = (text: string): Bytes => {
  const groups = grammar.exec(text)?.groups;
  const whole = groups?.["whole"] ?? "";
  const fraction = groups?.["fraction"] ?? "";
  if (groups === undefined || whole.length + fraction.length === 0 || text.length > 64) {
    throw new QuantityError(`"${text}" is not a size; write it as in "10Gi" or "500M"`);
  }
  const suffix = groups["suffix"] ?? "";
  const power =
    groups["exponent"] === undefined ? (decimal[suffix] ?? 0) : Number(groups["exponent"]);
  let numerator = BigInt(whole + fraction) * (binary[suffix] ?? 1n);
  let denominator = 10n ** BigInt(fraction.length);
  if (power >= 0) numerator *= 10n ** BigInt(power);
  else denominator *= 10n ** BigInt(-power);
  const total = (numerator + denominator - 1n) / denominator;
  if (total > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new QuantityError(`"${text}" is larger than the 8 PiB that Stowage can count`);
  }
  return bytes(Number(total));
};

/** The shortest exact quantity with a binary suffix ("4092Mi"); plain bytes where none divides it. */
export const formatQuantity = (size: Bytes): string => {
  const exact = Object.entries(binary).findLast(
    ([, factor]) => size > 0 && BigInt(size) % factor === 0n,
  );
  return exact === undefined ? `${size}` : `${BigInt(size) / exact[1]}${exact[0]}`;
};
