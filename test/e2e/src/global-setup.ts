import { systemClock } from "@stowage/clock";
import { freeName, progressTo, removeLeftovers } from "@stowage/test-cluster";
import type { TestProject } from "vitest/node";
import { forgetOldRuns, isPartOfRun, runFolder } from "./evidence/run-folder.ts";
import { toldOfRun } from "./evidence/told.ts";
import { bringUpShared, clusterVariable, hostsFor } from "./shared-cluster.ts";

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
export default async ({ name: project }: TestProject): Promise<() => Promise<void>> => {
  const tell = await beginEvidence();
  if (process.env[clusterVariable] !== undefined) return tell;
  await removeLeftovers();
  const options = { name: await freeName(), hosts: hostsFor(project) };
  const cluster = await bringUpShared(options, progressTo(systemClock, say));
  return async () => {
    await cluster.down();
    await tell();
  };
};
