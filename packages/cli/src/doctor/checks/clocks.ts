import type { LeaseRead } from "../doctor-resources.ts";
import { check } from "../finding.ts";

/** Less is the time that a request takes, and whole seconds. */
const toleratedSeconds = 5;

/**
 * How far the clock of whoever renews a lease is ahead of the API server's: both stamp the same
 * write. Undefined where one of them is not to be seen.
 */
const skewOf = ({ renewed, written }: LeaseRead): number | undefined =>
  renewed === undefined || written === undefined
    ? undefined
    : Math.round((Date.parse(renewed) - Date.parse(written)) / 1000);

export const clocksAgree = check("clocks agree", ["nodeLeases"], ({ nodeLeases }) =>
  nodeLeases.flatMap((lease) => {
    const skew = skewOf(lease) ?? 0;
    if (Math.abs(skew) < toleratedSeconds) return [];
    return [
      {
        code: "clock_skew",
        severity: "warning",
        about: `node ${lease.name}`,
        message: `its clock is ${Math.abs(skew)} s ${skew > 0 ? "ahead of" : "behind"} the API server's`,
        remedy: "see whether chronyd or systemd-timesyncd runs on the node: timedatectl",
      },
    ];
  }),
);
