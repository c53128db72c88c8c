export type Spread = { readonly p50: number; readonly p95: number };

/** Nearest-rank percentiles of some times, in whole milliseconds. */
export const spread = (times: readonly number[]): Spread => {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN);
  return { p50: at(0.5), p95: at(0.95) };
};
