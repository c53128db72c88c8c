import { readFile } from "node:fs/promises";
import path from "node:path";
import { folderOfHooks, folderOfTest } from "./naming.ts";
import { errorsKept, toldOf, toldOfInstallation } from "./told.ts";

/* What a run of vitest came to, read from its JSON report, with what failed cluster tests left behind. */

export type Outcome = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What went wrong, a few lines each. */
  readonly failures: readonly string[];
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

/** Where there is evidence, that says more than the rest of a long message. */
const mostLines = { alone: 25, withEvidence: 5 } as const;

const shortened = (message: string, lines: number): string =>
  message
    .split("\n")
    .filter((line) => !/^\s+at .*node_modules/.test(line))
    .slice(0, lines)
    .map((line) => `    ${line}`)
    .join("\n");

const told = async (title: string, message: string, folder: string): Promise<string> => {
  const evidence = await toldOf(folder);
  if (evidence === undefined) return `${title}\n${shortened(message, mostLines.alone)}`;
  // The report has no message of a suite within a file.
  const words = message === "" ? await errorsKept(folder) : message;
  return `${title}\n${shortened(words, mostLines.withEvidence)}\n${evidence}`;
};

/** A file may fail in its tests, in their hooks, or in both. */
const failuresOf = async ({ testResults }: Report, run: string): Promise<string[]> => {
  const failures: string[] = [];
  for (const { name, status, message, assertionResults } of testResults) {
    if (status !== "failed") continue;
    const file = path.relative(process.cwd(), name);
    const failed = assertionResults.filter((result) => result.status === "failed");
    for (const { fullName, failureMessages } of failed) {
      const folder = folderOfTest(run, name, fullName);
      failures.push(await told(`${file}: ${fullName}`, failureMessages.join("\n"), folder));
    }
    if (message !== "" || failed.length === 0) {
      failures.push(await told(file, message, folderOfHooks(run, name)));
    }
  }
  return failures;
};

/**
 * Reads the report in `file`; a run that wrote none counts as one failure.
 * @param run the folder with the run's evidence.
 */
export const readReport = async (project: string, file: string, run: string): Promise<Outcome> => {
  let text;
  try {
    text = await readFile(file, "utf8");
  } catch {
    const why = (await toldOfInstallation(run)) ?? "    vitest wrote no report";
    return { passed: 0, failed: 1, skipped: 0, failures: [`${project} tests\n${why}`] };
  }
  const report = JSON.parse(text) as Report;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests,
    failures: await failuresOf(report, run),
  };
};
