import { expect, test } from "vitest";
import { keptSeeds } from "./kept-seeds.ts";
import { simulate } from "./simulate.ts";

/** In milliseconds of the machine's time: what `make test` spends on histories nobody has seen. */
const budget = 20_000;
const steps = 1500;

/** What broke, with the command that shows how; undefined when nothing did. */
const breakOf = async (seed: number, count: number): Promise<string | undefined> => {
  const { violation } = await simulate(seed, count);
  return violation === undefined
    ? undefined
    : `${violation.message}; npm run simulate -- --seed ${seed} --steps ${count}`;
};

test("the same seed gives the same history, to the last event", async () => {
  const [one, other] = [
    await simulate(7, 600, { story: "kept" }),
    await simulate(7, 600, { story: "kept" }),
  ];
  expect(one.story.length).toBeGreaterThan(100);
  expect(one.story).toEqual(other.story);
});

test.each(keptSeeds)("seed $seed, which once showed that $was", async ({ seed, steps: count }) => {
  expect(await breakOf(seed, count)).toBeUndefined();
});

test("fresh seeds: nothing breaks while all fails, and all comes to rest when nothing does", async () => {
  const first = Math.floor(Math.random() * 2 ** 31);
  const begun = performance.now();
  let seed = first;
  for (; performance.now() - begun < budget; seed += 1) {
    expect(await breakOf(seed, steps)).toBeUndefined();
  }
  process.stdout.write(`simulated seeds ${first} to ${seed - 1}, ${steps} steps each\n`);
}, 120_000);
