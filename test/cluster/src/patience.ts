import { spawnSync } from "node:child_process";
import type { Milliseconds } from "@stowage/clock";
import { milliseconds } from "@stowage/clock";

/** What the start of the smallest program takes on the machines for which the limits were written. */
const usualStart = milliseconds(1.5);

/** From 1 to 8, by how long programs take to start now. */
const measured = (): number => {
  const starts = Array.from({ length: 31 }, () => {
    const start = performance.now();
    spawnSync("true");
    return performance.now() - start;
  });
  const median = starts.toSorted((a, b) => a - b)[15] ?? usualStart;
  return Math.min(8, Math.max(1, Math.round(median / usualStart)));
};

const given = process.env["STOWAGE_TEST_PATIENCE"];
if (given !== undefined && !(Number(given) >= 1)) {
  throw new Error(`STOWAGE_TEST_PATIENCE is "${given}": give a number from 1 on, or nothing`);
}

/**
 * How many times longer than usual things may take on this machine: what STOWAGE_TEST_PATIENCE says, or else
 * as measured. The nodes are user-mode Linux: where an entry into the kernel is dear, as under some
 * hypervisors, all that they do takes several times as long.
 */
export const patience = given === undefined ? measured() : Number(given);

/** How long to wait here for what usually takes no longer than `limit`. */
export const patiently = (limit: Milliseconds): Milliseconds => milliseconds(limit * patience);
