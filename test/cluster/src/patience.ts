import { spawnSync } from "node:child_process";
import type { Milliseconds } from "@stowage/clock";
import { milliseconds } from "@stowage/clock";

/**
 * How many times longer than usual things may take on this machine, as `make test` has measured it. The
 * nodes are user-mode Linux: where an entry into the kernel is dear, as under some hypervisors, all that
 * they do takes several times as long.
 */
export const patience = Math.max(1, Number(process.env["STOWAGE_TEST_PATIENCE"] ?? 1));

/** How long to wait here for what usually takes no longer than `limit`. */
export const patiently = (limit: Milliseconds): Milliseconds => milliseconds(limit * patience);

/** What the start of the smallest program takes on the machines for which the tests' limits were written. */
const usualStart = milliseconds(1.5);

/** The patience that this machine needs, from 1 to 8, by how long programs take to start now. */
export const measurePatience = (): number => {
  const starts = Array.from({ length: 31 }, () => {
    const start = performance.now();
    spawnSync("true");
    return performance.now() - start;
  });
  const median = starts.toSorted((a, b) => a - b)[15] ?? usualStart;
  return Math.min(8, Math.max(1, Math.round(median / usualStart)));
};
