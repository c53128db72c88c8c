import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

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
type Counts = { passed: number; failed: number; skipped: number };

const reports = await mkdtemp(path.join(tmpdir(), "stowage-test-"));
const reportOf = (project: string): string => path.join(reports, `${project}.json`);

const vitest = (project: string): Stage => ({
  name: `${project} tests`,
  argv: [
    "vitest",
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${reportOf(project)}`,
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
    "every-change": { checks: everyChange, projects: ["unit", "simulation", "cluster"] },
    long: { checks: [], projects: ["long"] },
  };
const chosen = process.argv[2] ?? "every-change";
const suite = suites[chosen];
if (suite === undefined) {
  throw new Error(`there is no suite ${chosen}; there are ${Object.keys(suites).join(" and ")}`);
}

const run = async ({ name, argv }: Stage): Promise<Result> => {
  process.stdout.write(`\n== ${name}\n`);
  const start = performance.now();
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(argv[0], argv.slice(1), { stdio: ["ignore", "inherit", "inherit"] });
    child.once("error", reject);
    child.once("close", (exitCode) => resolve(exitCode ?? 1));
  });
  return {
    name,
    seconds: (performance.now() - start) / 1000,
    outcome: code === 0 ? "ok" : "failed",
  };
};

/** What vitest's JSON report counted; a run that wrote none counts as one failure. */
const countsOf = async (project: string): Promise<Counts> => {
  try {
    const report: unknown = JSON.parse(await readFile(reportOf(project), "utf8"));
    const number = (key: string): number => {
      const value =
        typeof report === "object" && report !== null ? Reflect.get(report, key) : undefined;
      return typeof value === "number" ? value : 0;
    };
    return {
      passed: number("numPassedTests"),
      failed: number("numFailedTests"),
      skipped: number("numPendingTests"),
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
};

const results: Result[] = [];
for (const stage of [...suite.checks, ...suite.projects.map(vitest)]) {
  results.push(await run(stage));
}

process.stdout.write("\n== time of each stage\n");
for (const { name, seconds, outcome } of results) {
  process.stdout.write(`${outcome.padEnd(7)} ${seconds.toFixed(1).padStart(7)} s  ${name}\n`);
}
const counts = await Promise.all(suite.projects.map(countsOf));
await rm(reports, { recursive: true });
const sum = (key: keyof Counts): number => counts.reduce((total, one) => total + one[key], 0);
process.stdout.write(
  `${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped\n`,
);
process.exitCode = results.every(({ outcome }) => outcome === "ok") ? 0 : 1;
