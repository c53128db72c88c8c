import { parseArgs } from "node:util";
import { Coverage } from "./coverage.ts";
import { shrink } from "./shrink.ts";
import type { Outcome } from "./simulate.ts";
import { simulate } from "./simulate.ts";
import { lineText } from "./story.ts";
import { Violation } from "./violation.ts";

const usage = `usage: npm run simulate -- [--seed S] [--seeds N] [--steps N] [--trace] [--json]
  --seed S    the first seed; a random one when absent
  --seeds N   how many, counted on from the first (1)
  --steps N   events before the faults stop (2000)
  --trace     tell the whole story of each run, and look for no shorter one
  --first     end with the first violation
  --no-shrink tell only which invariant broke
  --coverage  at the end, which faults hit which steps of the programs
  --json      {seeds, steps, violations, seconds} as the last line`;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "1" },
    steps: { type: "string", default: "2000" },
    trace: { type: "boolean", default: false },
    coverage: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    first: { type: "boolean", default: false },
    shrink: { type: "boolean", default: true },
    help: { type: "boolean", default: false },
  },
});

// What ends a program that hangs may surface anywhere in it; the world has noted it by then.
process.on("unhandledRejection", (error) => {
  if (!(error instanceof Violation)) throw error;
});

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const tell = async (found: Outcome, steps: number): Promise<void> => {
  say(`\nseed ${found.seed}: ${found.violation?.message}`);
  say("looking for the shortest story ...");
  const short = await shrink(found, steps);
  for (const { step, action } of short.planned) say(`  at step ${step}: ${JSON.stringify(action)}`);
  for (const line of short.story) say(lineText(line));
  say(`seed ${found.seed}: ${short.violation?.message}`);
  say(`to replay: npm run simulate -- --seed ${found.seed} --steps ${steps}`);
};

const run = async (): Promise<void> => {
  const first = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  const count = Number(values.seeds);
  const steps = Number(values.steps);
  if (![first, count, steps].every((number) => Number.isSafeInteger(number) && number >= 0)) {
    throw new Error("seed, seeds and steps must be whole numbers");
  }
  const coverage = new Coverage();
  const begun = performance.now();
  let events = 0;
  let virtualTime = 0;
  let violations = 0;
  let toldAt = begun;
  for (let seed = first; seed < first + count; seed += 1) {
    const outcome = await simulate(seed, steps, { story: values.trace ? "kept" : "dropped" });
    events += outcome.steps;
    virtualTime += outcome.virtualTime;
    coverage.merge(outcome.coverage);
    if (values.trace) for (const line of outcome.story) say(lineText(line));
    if (outcome.violation !== undefined) {
      violations += 1;
      if (values.trace || !values.shrink) say(`seed ${seed}: ${outcome.violation.message}`);
      else await tell(outcome, steps);
      if (values.first) break;
    }
    if (performance.now() - toldAt > 5000) {
      toldAt = performance.now();
      say(`${seed - first + 1} of ${count} seeds, ${perSecond(events, begun)} events a second`);
    }
  }
  const seconds = (performance.now() - begun) / 1000;
  if (values.coverage) for (const line of coverage.lines()) say(line);
  say(
    `${count} seeds from ${first}, ${events} events, ${(virtualTime / 3_600_000).toFixed(1)} hours of ` +
      `virtual time in ${seconds.toFixed(1)} s (${perSecond(events, begun)} events a second): ` +
      `${violations} violations`,
  );
  if (values.json) say(JSON.stringify({ seeds: count, steps, violations, seconds }));
  process.exitCode = violations === 0 ? 0 : 1;
};

const perSecond = (events: number, begun: number): string =>
  ((events * 1000) / (performance.now() - begun)).toFixed(0);

if (values.help) say(usage);
else await run();
