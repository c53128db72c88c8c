import { expect, test } from "vitest";
import { keptSeeds } from "./kept-seeds.ts";
import { simulate } from "./simulate.ts";

/** As `npm run simulate` does by itself. */
const steps = 2000;

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
  const broken = await breakOf(seed, count);
  expect(broken).toBeUndefined();
});

/* The same ones on every machine and in every run, so that two versions can be compared. */
const firstSeed = 1000;
const seeds = Array.from({ length: 30 }, (_, index) => firstSeed + index);

test.each(seeds)(
  "seed %d: nothing breaks while all fails, and all comes to rest when nothing does",
  async (seed) => {
    const broken = await breakOf(seed, steps);
    expect(broken).toBeUndefined();
  },
);

const budget = 1000 * Number(process.env["STOWAGE_FRESH_SEEDS_SECONDS"] ?? 60);

test(
  "fresh seeds, for a minute or as long as STOWAGE_FRESH_SEEDS_SECONDS says: nothing breaks either",
  { timeout: budget + 60_000 },
  async () => {
    const first = Math.floor(Math.random() * 2 ** 31);
    // Ahead of them: one that hangs is known then, too.
    process.stdout.write(`fresh seeds from ${first}, for ${budget / 1000} s\n`);
    const end = performance.now() + budget;
    let seed = first;
    for (; performance.now() < end; seed += 1) {
      const broken = await breakOf(seed, steps);
      expect(broken).toBeUndefined();
    }
    process.stdout.write(`${seed - first} fresh seeds from ${first} passed\n`);
  },
);
