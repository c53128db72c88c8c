import type { Bytes } from "@stowage/capacity";

const width = 20;

/**
 * How a volume group is divided: `#` promised to volumes, `+` reserved or used by others, `.` free.
 * Whatever there is of a kind has at least one sign.
 */
export const bar = (parts: {
  readonly used: Bytes;
  readonly reserved: Bytes;
  readonly free: Bytes;
}): string => {
  const signs = [
    { sign: "#", part: parts.used },
    { sign: "+", part: parts.reserved },
    { sign: ".", part: parts.free },
  ].filter(({ part }) => part > 0);
  const total = signs.reduce((sum, { part }) => sum + part, 0);
  const counts = signs.map(({ part }) => Math.max(1, Math.floor((part / total) * width)));
  // What rounding left over goes to, or is taken from, the longest.
  const rest = width - counts.reduce((sum, count) => sum + count, 0);
  const longest = counts.indexOf(Math.max(...counts));
  return signs
    .map(({ sign }, index) => sign.repeat((counts[index] ?? 0) + (index === longest ? rest : 0)))
    .join("");
};
