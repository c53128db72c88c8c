import path from "node:path";
import type { RunnerTestCase, RunnerTestFile, RunnerTestSuite } from "vitest";
import { afterAll, afterEach, aroundAll, aroundEach } from "vitest";
import { noteFailure } from "../kept-state.ts";
import { gather, gatherLimitMs } from "./gather.ts";
import { folderOfHooks, folderOfTest } from "./naming.ts";
import { runFolder } from "./run-folder.ts";

/*
 * Every file of the cluster tests gets this (vitest's setupFiles). Hooks run in the order in which they
 * were registered, so these see what a failed test, or a failed beforeAll, leaves behind before the
 * file's own hooks tidy it up. The hooks around see what failed while that was tidied up.
 */

const limit = gatherLimitMs + 30_000;
const looked = new Set<string>();

const lookOnce = async (
  folder: string,
  what: string,
  { result }: RunnerTestCase | RunnerTestSuite,
): Promise<void> => {
  if (looked.has(folder)) return;
  looked.add(folder);
  noteFailure();
  process.stderr.write(`evidence is gathered in ${path.relative(process.cwd(), folder)}\n`);
  await gather(folder, {
    what,
    since: new Date(result?.startTime ?? Date.now()),
    errors: (result?.errors ?? []).map(({ stack, message }) => stack ?? message),
  });
};

/** As vitest's JSON report names it. */
const nameOf = (task: RunnerTestCase): string => {
  const names = [task.name];
  for (let { suite } = task; suite !== undefined; suite = suite.suite) names.unshift(suite.name);
  return names.join(" ");
};

const lookAtTest = async (test: RunnerTestCase): Promise<void> => {
  if (test.result?.state !== "fail") return;
  const folder = folderOfTest(runFolder(), test.file.filepath, nameOf(test));
  await lookOnce(folder, `${test.file.name}: ${nameOf(test)}`, test);
};

const suitesIn = (suite: RunnerTestSuite): RunnerTestSuite[] => [
  suite,
  ...suite.tasks.filter((task) => task.type === "suite").flatMap(suitesIn),
];

/** A suite has errors of its own only from its hooks. */
const lookAtHooks = async (file: RunnerTestFile): Promise<void> => {
  const failed = suitesIn(file).find(({ result }) => (result?.errors ?? []).length > 0);
  if (failed === undefined) return;
  await lookOnce(folderOfHooks(runFolder(), file.filepath), `${file.name}: its hooks`, failed);
};

afterEach(({ task }) => lookAtTest(task), limit);
aroundEach(async (runTest, { task }) => {
  await runTest();
  await lookAtTest(task);
}, limit);
afterAll(({}, { file }) => lookAtHooks(file), limit);
aroundAll(async (runSuite, {}, { file }) => {
  await runSuite();
  await lookAtHooks(file);
}, limit);
