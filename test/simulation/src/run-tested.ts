import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { TestedMutation } from "./tested-mutations.ts";

const here = (relative: string): string => new URL(relative, import.meta.url).pathname;

/** What became of the tests without a guard. */
export type TestsSaid =
  /** `words`: the first test that failed. */
  | { readonly kind: "failed"; readonly words: string }
  | { readonly kind: "passed" }
  /** They did not run: nothing is known of the guard. */
  | { readonly kind: "not_run"; readonly words: string };

/** Runs the tests of a guard with that guard taken out. */
export const runTested = async ({ name, tests }: TestedMutation): Promise<TestsSaid> => {
  const child = spawn(
    process.execPath,
    [
      here("../../../node_modules/vitest/vitest.mjs"),
      "run",
      `--config=${here("mutated.config.ts")}`,
      "--bail=1",
      "--reporter=tap-flat",
      ...tests.map((file) => `packages/${file}`),
    ],
    { env: { ...process.env, STOWAGE_MUTATION: name }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const [output, errors] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return verdictOf(output, errors);
};

const verdictOf = (output: string, errors: string): TestsSaid => {
  const lines = output.split("\n");
  const failed = lines.map((line) => /^not ok \d+ - (?<name>.*)$/.exec(line)?.groups?.["name"]);
  const words = failed.find((name) => name !== undefined && name.includes(" > "));
  if (words !== undefined) return { kind: "failed", words: words.replace(/ # time=.*$/, "") };
  const isAllWell = lines.some((line) => line.startsWith("ok ")) && errors.trim() === "";
  return isAllWell
    ? { kind: "passed" }
    : { kind: "not_run", words: `${errors}${output}`.trim().slice(-300) };
};
