import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import type { Mutation } from "./mutations.ts";
import { guarded, mutations } from "./mutations.ts";
import { runTested } from "./run-tested.ts";
import type { TestedMutation } from "./tested-mutations.ts";
import { testedMutations } from "./tested-mutations.ts";

/*
 * Takes out one guard after another and simulates until something breaks; of guards that have tests of
 * their own, runs these. A guard that can go without anybody noticing is either not needed, or not
 * tested.
 */

const { values } = parseArgs({
  options: { seed: { type: "string", default: "1" }, only: { type: "string", default: "" } },
});
const firstSeed = Number(values.seed);

const file = (relative: string): string => new URL(relative, import.meta.url).pathname;

type Break = { readonly seed: number; readonly words: string };

type Finding = {
  readonly mutation: Mutation;
  /** How many seeds it took; undefined when nothing broke for want of the guard. */
  readonly after: number | undefined;
  /** What broke, or what the simulator said last. */
  readonly words: string;
};

/** The first break among so many seeds, with a guard taken out or with all of them in their places. */
const simulated = async (
  seed: number,
  seeds: number,
  mutation: Mutation | undefined,
): Promise<{ readonly broken: Break | undefined; readonly last: string }> => {
  const argv = [
    ...(mutation === undefined ? [] : [`--import=${file("mutate.ts")}`]),
    file("main.ts"),
    `--seed=${seed}`,
    `--seeds=${seeds}`,
    "--first",
    "--no-shrink",
  ];
  const child = spawn(process.execPath, argv, {
    env: { ...process.env, ...(mutation === undefined ? {} : { STOWAGE_MUTATION: mutation.name }) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  const lines = output.trim().split("\n");
  const found = lines
    .map((line) => /^seed (?<seed>\d+): (?<words>.*)$/.exec(line)?.groups)
    .find((groups) => groups !== undefined);
  const broken =
    code === 1 && found !== undefined
      ? { seed: Number(found["seed"]), words: found["words"] ?? "" }
      : undefined;
  return { broken, last: lines.at(-1) ?? "" };
};

const attempt = async (mutation: Mutation): Promise<Finding> => {
  const { broken, last } = await simulated(firstSeed, mutation.seeds, mutation);
  if (broken === undefined) return { mutation, after: undefined, words: last };
  // It is the guard's doing only if nothing breaks with the guard in its place.
  const guardedRun = await simulated(broken.seed, 1, undefined);
  return guardedRun.broken === undefined
    ? { mutation, after: broken.seed - firstSeed + 1, words: broken.words }
    : {
        mutation,
        after: undefined,
        words: `seed ${broken.seed} breaks with the guard too: ${guardedRun.broken.words}`,
      };
};

const lineOf = ({ mutation, after, words }: Finding): string =>
  [
    `${mutation.invariant}`.padEnd(9),
    (after === undefined ? "MISSED" : `${after}`).padStart(6),
    `${mutation.seeds}`.padStart(6),
    ` ${mutation.name}`,
    `\n${" ".repeat(24)}${words.slice(0, 120)}`,
  ].join(" ");

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const isNoticed = async (mutation: TestedMutation): Promise<boolean> => {
  const said = await runTested(mutation);
  const words = said.kind === "passed" ? "every test passed" : said.words;
  const verdict = { failed: "found", passed: "MISSED", not_run: "NOT RUN" }[said.kind];
  say(`${verdict.padEnd(8)} ${mutation.name}\n${" ".repeat(9)}${words}`);
  return said.kind === "failed";
};

for (const [number, words] of Object.entries(guarded)) say(`${number}  ${words}`);
say(
  "\ninvariant  found   limit  guard that is taken out, and what broke (found: after how many seeds)",
);
let missed = 0;
for (const mutation of mutations.filter(({ name }) => name.includes(values.only))) {
  const finding = await attempt(mutation);
  say(lineOf(finding));
  if (finding.after === undefined) missed += 1;
}
say("\nguards that have tests of their own, and the test that failed without each");
for (const mutation of testedMutations.filter(({ name }) => name.includes(values.only))) {
  if (!(await isNoticed(mutation))) missed += 1;
}
say(missed === 0 ? "\nevery one was found" : `\n${missed} were missed`);
process.exitCode = missed === 0 ? 0 : 1;
