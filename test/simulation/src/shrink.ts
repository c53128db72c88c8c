import type { Planned } from "./actions.ts";
import type { Outcome } from "./simulate.ts";
import { simulate } from "./simulate.ts";

/** No more runs than this: a shorter story is of no use when it takes an hour to find. */
const runLimit = 150;

/**
 * The same break with as few actions as can be found: parts of the list are left out, halves
 * first, for as long as the same invariant breaks without them.
 */
export const shrink = async (found: Outcome, steps: number): Promise<Outcome> => {
  const { seed, violation } = found;
  let runs = 0;
  const attempt = async (planned: readonly Planned[]): Promise<Outcome | undefined> => {
    runs += 1;
    const outcome = await simulate(seed, steps, { planned });
    return outcome.violation?.invariant === violation?.invariant ? outcome : undefined;
  };
  let best = found.planned;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let end = best.length; end > 0; end -= size) {
      if (runs >= runLimit) break;
      const without = [...best.slice(0, Math.max(0, end - size)), ...best.slice(end)];
      if ((await attempt(without)) !== undefined) best = without;
    }
  }
  return simulate(seed, steps, { planned: best, story: "kept" });
};
