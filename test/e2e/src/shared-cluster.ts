import type { ClusterOptions, HostKind, Progress } from "@stowage/test-cluster";
import { Cluster, parseHosts } from "@stowage/test-cluster";
import { gather } from "./evidence/gather.ts";
import { folderOfInstallation } from "./evidence/naming.ts";
import { runFolder } from "./evidence/run-folder.ts";
import { toldOf } from "./evidence/told.ts";
import { install, installAnew } from "./install.ts";

/** By this variable the workers of vitest, and whoever tests a running cluster, name it. */
export const clusterVariable = "STOWAGE_TEST_CLUSTER";

/**
 * What kinds of host the nodes are, for a project of vitest's: as STOWAGE_TEST_HOSTS says, for all or for
 * each (`udev`, `udev,rhel,plain`), or else some of each. The long tests have the time for more kinds;
 * hosts.long.test.ts has a cluster of the others.
 */
export const hostsFor = (project: string): readonly HostKind[] => {
  const wanted = process.env["STOWAGE_TEST_HOSTS"];
  if (wanted !== undefined) return parseHosts(wanted);
  return project === "long" ? ["plain", "udev", "rhel"] : ["plain", "udev", "plain"];
};

/** Does something; where it fails it leaves evidence and tells where. */
const withEvidence = async <T>(what: string, act: () => Promise<T>): Promise<T> => {
  const since = new Date();
  try {
    return await act();
  } catch (error) {
    const folder = folderOfInstallation(runFolder());
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    await gather(folder, { what, since, errors: [why] });
    process.stderr.write(`\n${what} failed\n${(await toldOf(folder)) ?? ""}\n\n`);
    throw error;
  }
};

/** A cluster of three nodes, each with two empty disks of 4 GiB, and Stowage in it. */
export const bringUpShared = async (
  options: Pick<ClusterOptions, "name" | "hosts" | "owner">,
  progress: Progress,
): Promise<Cluster> => {
  const cluster = await withEvidence("bringing up the tests' cluster", () =>
    Cluster.up({ ...options, progress }),
  );
  process.env[clusterVariable] = cluster.name;
  try {
    await withEvidence("installing Stowage", () => install(cluster, progress));
  } catch (error) {
    if (options.owner !== "nobody") await cluster.down();
    throw error;
  }
  return cluster;
};

/** Installs what is in the checkout now in a cluster that was left up. */
export const renewShared = async (name: string, progress: Progress): Promise<Cluster> => {
  const cluster = await Cluster.attach(name);
  process.env[clusterVariable] = name;
  await withEvidence("installing Stowage anew", () => installAnew(cluster, progress));
  return cluster;
};
