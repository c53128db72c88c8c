import type { Moment, Milliseconds } from "@stowage/clock";
import { elapsed, seconds } from "@stowage/clock";
import type { Next } from "@stowage/kube";
import { again } from "@stowage/kube";
import type { Edge } from "./edge.ts";
import { retryDelay } from "./failures.ts";
import type { Group } from "./group.ts";
import type { Judgement } from "./judge.ts";
import type { Observation } from "./observation.ts";

/** While extents are moved, how far that is gets reported about this often. */
const movePeriod = seconds(10);

/** While mkfs is at work, that it is gets reported at least this often. */
const formatPeriod = seconds(30);

/** When the look gets too old, a failed action may be tried again, or a volume in use be free. */
export const nextLook = (
  edge: Edge,
  group: Group,
  judgement: Judgement,
  observation: Observation,
): Next => {
  const now = edge.clock.moment();
  const waiting = [...judgement.volumes.values()].some(({ kind }) => kind === "waiting");
  const formatting = [...judgement.volumes.values()].some(({ kind }) => kind === "formatting");
  const leaving = [...judgement.evacuations.values()].some(({ kind }) => kind === "moving");
  group.waits = waiting ? group.waits + 1 : 0;
  const times: Milliseconds[] = [
    elapsed(now, (observation.at + edge.scanPeriod) as Moment),
    ...(waiting ? [retryDelay(group.waits, edge.scanPeriod)] : []),
    ...(leaving ? [movePeriod] : []),
    ...(formatting ? [formatPeriod] : []),
  ];
  const retryAt = group.failures.nextRetry(now);
  if (retryAt !== undefined) times.push(elapsed(now, retryAt));
  return again(Math.min(...times) as Milliseconds);
};
