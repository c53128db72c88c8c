import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { patience } from "./cluster/src/patience.ts";
import { chosenFiles } from "./e2e/src/chosen-files.ts";

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
type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

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
/** Who gives the patience has the time for all files. */
const clusterFiles = chosenFiles(given === undefined ? patience : 1);
if (patience > 1) {
  process.stdout.write(
    `The cluster tests wait ${patience} times longer here than on a usual machine.\n`,
  );
}

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

/** The part of vitest's JSON report that is read here. */
type Report = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: "passed" | "failed";
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
};

/** What went wrong, a line or a few each; a file may fail outside of its tests. */
const failuresOf = ({ testResults }: Report): string[] =>
  testResults
    .filter(({ status }) => status === "failed")
    .flatMap(({ name, message, assertionResults }) => {
      const file = path.relative(process.cwd(), name);
      const failed = assertionResults.filter(({ status }) => status === "failed");
      if (failed.length === 0) return [`${file}\n${shortened(message)}`];
      return failed.map(
        ({ fullName, failureMessages }) =>
          `${file}: ${fullName}\n${shortened(failureMessages.join("\n"))}`,
      );
    });

const shortened = (message: string): string =>
  message
    .split("\n")
    .filter((line) => !/^\s+at .*node_modules/.test(line))
    .slice(0, 25)
    .map((line) => `    ${line}`)
    .join("\n");

/** A run that wrote no report counts as one failure. */
const readReport = async (project: string): Promise<Counts & { readonly failures: string[] }> => {
  let text;
  try {
    text = await readFile(reportOf(project), "utf8");
  } catch {
    return { passed: 0, failed: 1, skipped: 0, failures: [`${project}: vitest wrote no report`] };
  }
  const report = JSON.parse(text) as Report;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests,
    failures: failuresOf(report),
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
const reported = await Promise.all(suite.projects.map(readReport));
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
const sum = (key: keyof Counts): number => reported.reduce((total, one) => total + one[key], 0);
process.stdout.write(
  `${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped\n`,
);
process.exitCode = results.every(({ outcome }) => outcome === "ok") ? 0 : 1;
