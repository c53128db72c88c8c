import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { fileOf } from "@stowage/test-chart";
import { nameOfRun } from "./naming.ts";

const root = fileOf("evidence");

/** With the one that begins. */
const keptRuns = 10;

/** Handed down to vitest and to its workers, so that one run has one folder. */
const variable = "STOWAGE_TEST_EVIDENCE";

/** Whether whoever started this process gave the run's folder. */
export const isPartOfRun = (): boolean => process.env[variable] !== undefined;

/** The folder of this run; it is there once something failed. */
export const runFolder = (): string => {
  const given = process.env[variable];
  if (given !== undefined) return given;
  const folder = path.join(root, nameOfRun(new Date()));
  process.env[variable] = folder;
  return folder;
};

/** Removes what the oldest runs left behind. */
export const forgetOldRuns = async (): Promise<void> => {
  const runs = (await readdir(root).catch((): string[] => [])).toSorted();
  const old = runs.slice(0, Math.max(0, runs.length - keptRuns + 1));
  await Promise.all(old.map((run) => rm(path.join(root, run), { recursive: true })));
};
