import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import type { Mutation } from "./mutations.ts";
import { mutations } from "./mutations.ts";

/*
 * Takes out one guard after another and simulates until something breaks. A guard that can go
 * without anybody noticing is either not needed, or not tested.
 */

const { values } = parseArgs({
  options: { seed: { type: "string", default: "1" }, only: { type: "string", default: "" } },
});

const file = (relative: string): string => new URL(relative, import.meta.url).pathname;

const attempt = async ({ name, seeds }: Mutation): Promise<"found" | "missed"> => {
  const argv = [
    `--import=${file("mutate.ts")}`,
    file("main.ts"),
    `--seed=${values.seed}`,
    `--seeds=${seeds}`,
    "--first",
    "--no-shrink",
  ];
  const child = spawn(process.execPath, argv, {
    env: { ...process.env, STOWAGE_MUTATION: name },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  const lines = output.trim().split("\n");
  const broken = lines.find((line) => /^seed \d+: /.test(line));
  const outcome = code === 1 && broken !== undefined ? "found" : "missed";
  process.stdout.write(
    `${outcome}  ${name}\n        ${(broken ?? lines.at(-1) ?? "").slice(0, 160)}\n`,
  );
  return outcome;
};

let missed = 0;
for (const mutation of mutations.filter(({ name }) => name.includes(values.only))) {
  if ((await attempt(mutation)) === "missed") missed += 1;
}
process.exitCode = missed === 0 ? 0 : 1;
