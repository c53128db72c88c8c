import { systemClock } from "@stowage/clock";
import { Cluster, progressTo } from "@stowage/test-cluster";
import { install } from "./install.ts";

/** What an admin changed on a node is seen sooner than by default, so that tests wait less. */
const values = ["--set", "agent.scanSeconds=15"];

/**
 * One cluster for all test files of a run: three nodes, each with two empty disks of 4 GiB. With
 * STOWAGE_TEST_CLUSTER set, the tests use the running cluster of that name, as it is.
 */
export default async (): Promise<() => Promise<void>> => {
  if (process.env["STOWAGE_TEST_CLUSTER"] !== undefined) return () => Promise.resolve();
  const name = "test";
  const progress = progressTo(systemClock, (line) => void process.stderr.write(`${line}\n`));
  const cluster = await Cluster.up({ name, progress });
  process.env["STOWAGE_TEST_CLUSTER"] = name;
  await install(cluster, progress, values);
  return () => cluster.down();
};
