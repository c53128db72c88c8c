import { seconds } from "@stowage/clock";
import type { Planned } from "./actions.ts";
import { planActions } from "./actions.ts";
import type { Coverage } from "./coverage.ts";
import { heal } from "./actors/adversary.ts";
import type { Notes } from "./doing.ts";
import { carryOutAction } from "./doing.ts";
import { unsettled } from "./quiescence.ts";
import { Random } from "./random.ts";
import type { Line } from "./story.ts";
import { Violation } from "./violation.ts";
import { World } from "./world.ts";

/** How long after the last fault, in virtual time, all must have come to rest. */
const settleLimit = seconds(20 * 60);
const settlePeriod = seconds(15);
/** That nothing moves any more is believed after so many looks in a row. */
const looksAtRest = 2;

export type Outcome = {
  readonly seed: number;
  readonly steps: number;
  /** Of the clock, in milliseconds. */
  readonly virtualTime: number;
  readonly violation: Violation | undefined;
  readonly story: readonly Line[];
  readonly coverage: Coverage;
  readonly planned: readonly Planned[];
};

/**
 * One history: the actions at their steps, then peace until all has come to rest. The same seed and
 * actions give the same history, to the last event.
 */
export const simulate = async (
  seed: number,
  steps: number,
  options: { readonly story?: "kept" | "dropped"; readonly planned?: readonly Planned[] } = {},
): Promise<Outcome> => {
  const planned = options.planned ?? planActions(new Random(seed).fork("actions"), steps);
  const world = new World(seed, options.story ?? "dropped");
  const begun = world.clock.moment();
  const notes: Notes = { pods: 0, entered: 0, saved: new Map() };
  let done = 0;
  let next = 0;
  while (done < steps && world.broken === undefined) {
    for (; (planned[next]?.step ?? Number.POSITIVE_INFINITY) <= done; next += 1) {
      const action = planned[next]?.action;
      if (action !== undefined) carryOutAction(action, world, notes);
    }
    await world.step();
    done += 1;
  }
  if (world.broken === undefined) {
    world.story.tell("world", () => "faults stop");
    heal(world);
    done += await settle(world);
  }
  const { broken } = world;
  world.release();
  if (broken !== undefined && !(broken instanceof Violation)) throw broken;
  return {
    seed,
    steps: done,
    virtualTime: world.clock.moment() - begun,
    violation: broken,
    story: world.story.lines,
    coverage: world.coverage,
    planned,
  };
};

/** How many steps it took; a break when something is still to come after the longest time. */
const settle = async (world: World): Promise<number> => {
  const end = world.clock.moment() + settleLimit;
  let steps = 0;
  let atRest = 0;
  for (;;) {
    const until = world.clock.moment() + settlePeriod;
    while (world.clock.moment() < until && world.broken === undefined) {
      await world.step();
      steps += 1;
    }
    if (world.broken !== undefined) return steps;
    const left = unsettled(world.cluster, world.hosts, world.invariants.ledgers);
    atRest = left.length === 0 ? atRest + 1 : 0;
    if (atRest === looksAtRest) return steps;
    if (left.length > 0 && world.clock.moment() > end) {
      world.broken = new Violation("not all came to rest", left.join("; "));
      return steps;
    }
  }
};
