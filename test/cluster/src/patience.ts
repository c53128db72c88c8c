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
