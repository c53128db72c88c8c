import { systemClock } from "@stowage/clock";
import { freeName, progressTo, removeLeftovers } from "@stowage/test-cluster";
import { forgetOldRuns, isPartOfRun, runFolder } from "./evidence/run-folder.ts";
import { toldOfRun } from "./evidence/told.ts";
import { bringUpShared, clusterVariable } from "./shared-cluster.ts";

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Tells at the end where evidence is; a run that this is a part of tells it itself. */
const beginEvidence = async (): Promise<() => Promise<void>> => {
  if (isPartOfRun()) return () => Promise.resolve();
  const run = runFolder();
  await forgetOldRuns();
  return async () => {
    const told = await toldOfRun(run);
    if (told !== undefined) say(`\nWhat failed left behind:\n${told}\n`);
  };
};

/**
 * One cluster for all test files of a run, and the folder for what failed tests leave behind. With
 * STOWAGE_TEST_CLUSTER set, the tests use the running cluster of that name, as it is.
 */
export default async (): Promise<() => Promise<void>> => {
  const tell = await beginEvidence();
  if (process.env[clusterVariable] !== undefined) return tell;
  await removeLeftovers();
  const cluster = await bringUpShared({ name: await freeName() }, progressTo(systemClock, say));
  return async () => {
    await cluster.down();
    await tell();
  };
};
