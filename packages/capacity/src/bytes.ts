declare const unit: unique symbol;

/**
 * A size in bytes: a whole number from 0 to 2^53 - 1 (8 PiB, which is more than one volume group of
 * a node holds).
 */
export type Bytes = number & { readonly [unit]: "bytes" };

/** @throws RangeError for a fraction, a negative number or one past 2^53 - 1. */
export const bytes = (count: number): Bytes => {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new RangeError(`a size must be a whole number of bytes from 0 to 2^53 - 1, got ${count}`);
  }
  return count as Bytes;
};

export const noBytes: Bytes = bytes(0);
export const kib = (count: number): Bytes => bytes(count * 1024);
export const mib = (count: number): Bytes => bytes(count * 1024 ** 2);
export const gib = (count: number): Bytes => bytes(count * 1024 ** 3);

export const add = (a: Bytes, b: Bytes): Bytes => bytes(a + b);

/** What is left of `a` after `b`; nothing, never less, when `b` is the larger. */
export const subtract = (a: Bytes, b: Bytes): Bytes => bytes(Math.max(0, a - b));

export const sum = (sizes: Iterable<Bytes>): Bytes => {
  let total = 0;
  for (const size of sizes) total += size;
  return bytes(total);
};

const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** For people, room there is: three digits, rounded down, in the largest binary unit ("3.5 GiB"). */
export const show = (room: Bytes): string => showRounded(room, Math.floor);

/** For people, room that is needed: as `show`, but rounded up, so that 12.001 GiB never looks like 12. */
export const showNeed = (need: Bytes): string => showRounded(need, Math.ceil);

const showRounded = (size: Bytes, round: (value: number) => number): string => {
  let value: number = size;
  let index = 0;
  while (value >= 1024 && index < units.length - 1) {
    value /= 1024;
    index += 1;
  }
  const scale = value >= 100 ? 1 : value >= 10 ? 10 : 100;
  return `${round(value * scale) / scale} ${units[index]}`;
};
