import type { Tally } from "./tally.ts";

/** What a run came to. */
export type Account = {
  readonly seed: number;
  readonly minutes: number;
  /** By kind: those that struck. */
  readonly blows: Tally;
  readonly missed: Tally;
  readonly operations: Tally;
  /** By kind: events by which somebody was told why there is no volume. */
  readonly refusals: Tally;
  readonly longestRecovery: { readonly seconds: number; readonly after: string };
  readonly violations: readonly string[];
};

const table = (title: string, tally: Tally): string[] => {
  const rows = Object.entries(tally.toJSON());
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map(([what]) => what.length));
  return ["", title, ...rows.map(([what, count]) => `  ${what.padEnd(width)} ${count}`)];
};

/** For people. */
export const accountText = (account: Account): string => {
  const { violations, longestRecovery } = account;
  return [
    ...table("What the load did", account.operations),
    ...table("Blows that struck", account.blows),
    ...table("Blows that found nothing to strike", account.missed),
    ...table("Refusals", account.refusals),
    "",
    `Longest time until all was well again: ${longestRecovery.seconds.toFixed(0)} s, after ${longestRecovery.after}`,
    "",
    ...(violations.length === 0
      ? ["Nothing lost, nothing left behind."]
      : [`${violations.length} violations:`, ...violations.map((what) => `  ${what}`)]),
    `To do the same again: npm run chaos -- --seed ${account.seed} --minutes ${account.minutes}`,
  ].join("\n");
};

/** For programs: one line. */
export const accountJson = ({ violations, ...account }: Account): string =>
  JSON.stringify({ ...account, violations: violations.length });
