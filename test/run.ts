import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { systemClock } from "@stowage/clock";
import { chooseKernel } from "./cluster/src/kernel.ts";
import { patience } from "./cluster/src/patience.ts";
import { programStart } from "./cluster/src/probe-machine.ts";
import { progressTo } from "./cluster/src/progress.ts";
import { chosenFiles } from "./e2e/src/chosen-files.ts";
import { forgetOldRuns, runFolder } from "./e2e/src/evidence/run-folder.ts";
import { readReport } from "./e2e/src/evidence/report.ts";

/*
 * `make test`: every check, in the order of what is fastest to fail. `make test-long`: the cluster
 * tests that take minutes each. Goes on after a failure, so that one run tells all, and ends with
 * the time of each stage and the tests' sum.
 */

type Stage = { readonly name: string; readonly argv: readonly [string, ...string[]] };
type Result = {
  readonly name: string;
  readonly seconds: number;
  readonly outcome: "ok" | "failed";
};

await forgetOldRuns();
/** What failed cluster tests leave behind; all stages put it there. */
const evidence = runFolder();
const reports = await mkdtemp(path.join(tmpdir(), "stowage-test-"));
const reportOf = (project: string): string => path.join(reports, `${project}.json`);

const vitest = (project: string, files: readonly string[] = []): Stage => ({
  name: `${project} tests`,
  argv: [
    "vitest",
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${reportOf(project)}`,
    ...files,
  ],
});

const everyChange: readonly Stage[] = [
  { name: "format", argv: ["prettier", "--check", "--log-level=warn", "."] },
  { name: "lint and layers", argv: ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "types", argv: ["tsc", "--noEmit"] },
  { name: "unused code", argv: ["knip"] },
];

const suites: Readonly<Record<string, { checks: readonly Stage[]; projects: readonly string[] }>> =
  {
    "every-change": { checks: everyChange, projects: ["unit", "simulation", "chart", "cluster"] },
    long: { checks: [], projects: ["long"] },
  };
const chosen = process.argv[2] ?? "every-change";
const suite = suites[chosen];
if (suite === undefined) {
  throw new Error(`there is no suite ${chosen}; there are ${Object.keys(suites).join(" and ")}`);
}

const given = process.env["STOWAGE_TEST_PATIENCE"];
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** How slow the machine is for the cluster tests, and which of them it therefore runs. */
const chooseFiles = async (): Promise<ReturnType<typeof chosenFiles>> => {
  const kernel = await chooseKernel(progressTo(systemClock, say));
  const start = await programStart(kernel);
  say(
    `In a node, on kernel ${kernel.version}, a program takes ${start.toFixed(1)} ms to start; the cluster tests wait ${patience} times longer than on a usual machine.`,
  );
  // Who gives the patience has the time for all files.
  return chosenFiles(given === undefined ? start : undefined);
};
const clusterFiles = await chooseFiles();

const run = async ({ name, argv }: Stage): Promise<Result> => {
  process.stdout.write(`\n== ${name}\n`);
  const start = performance.now();
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(argv[0], argv.slice(1), {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, STOWAGE_TEST_PATIENCE: `${patience}` },
    });
    child.once("error", reject);
    child.once("close", (exitCode) => resolve(exitCode ?? 1));
  });
  return {
    name,
    seconds: (performance.now() - start) / 1000,
    outcome: code === 0 ? "ok" : "failed",
  };
};

const results: Result[] = [];
for (const stage of suite.checks) results.push(await run(stage));
for (const project of suite.projects) {
  results.push(
    await run(project === "cluster" ? vitest(project, clusterFiles.run) : vitest(project)),
  );
}

process.stdout.write("\n== time of each stage\n");
for (const { name, seconds, outcome } of results) {
  process.stdout.write(`${outcome.padEnd(7)} ${seconds.toFixed(1).padStart(7)} s  ${name}\n`);
}
const reported = await Promise.all(
  suite.projects.map((project) => readReport(project, reportOf(project), evidence)),
);
await rm(reports, { recursive: true });
const failures = reported.flatMap((report) => report.failures);
if (failures.length > 0) {
  process.stdout.write(`\n== what failed\n${failures.join("\n\n")}\n\n`);
}
if (suite.projects.includes("cluster") && clusterFiles.leftOut.length > 0) {
  const names = clusterFiles.leftOut.map((file) => path.basename(file, ".test.ts"));
  process.stdout.write(
    `\nLeft out on this slow machine: the cluster tests ${names.join(", ")}. STOWAGE_TEST_PATIENCE=${patience} make test runs them too.\n\n`,
  );
}
const sum = (key: "passed" | "failed" | "skipped"): number =>
  reported.reduce((total, one) => total + one[key], 0);
process.stdout.write(
  `${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped\n`,
);
process.exitCode = results.every(({ outcome }) => outcome === "ok") ? 0 : 1;
