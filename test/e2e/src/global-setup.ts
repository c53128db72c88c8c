import { systemClock } from "@stowage/clock";
import type { HostKind } from "@stowage/test-cluster";
import { Cluster, parseHosts, progressTo } from "@stowage/test-cluster";
import type { TestProject } from "vitest/node";
import { install } from "./install.ts";

/** What an admin changed on a node is seen sooner than by default, so that tests wait less. */
const values = ["--set", "agent.scanSeconds=15"];

/** The long tests have the time for more kinds; hosts.long.test.ts has a cluster of the others. */
const usualHosts = (project: string): readonly HostKind[] =>
  project === "long" ? ["plain", "udev", "rhel"] : ["plain", "udev", "plain"];

/**
 * One cluster for all test files of a run: three nodes, each with two empty disks of 4 GiB.
 * STOWAGE_TEST_HOSTS says what kinds of host they are, for all or for each: `udev`, `udev,rhel,plain`.
 * With STOWAGE_TEST_CLUSTER set, the tests use the running cluster of that name, as it is.
 */
export default async ({ name: project }: TestProject): Promise<() => Promise<void>> => {
  if (process.env["STOWAGE_TEST_CLUSTER"] !== undefined) return () => Promise.resolve();
  const name = "test";
  const progress = progressTo(systemClock, (line) => void process.stderr.write(`${line}\n`));
  const wanted = process.env["STOWAGE_TEST_HOSTS"];
  const hosts = wanted === undefined ? usualHosts(project) : parseHosts(wanted);
  const cluster = await Cluster.up({ name, hosts, progress });
  process.env["STOWAGE_TEST_CLUSTER"] = name;
  await install(cluster, progress, values);
  return () => cluster.down();
};
