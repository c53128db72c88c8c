import type { Cluster } from "@stowage/test-cluster";

/*
 * With KEEP=1 a failed test's objects and volumes stay as they are, for whoever looks in: the test's
 * worlds are neither cleared nor left.
 */

export const keepVariable = "STOWAGE_TEST_KEEP";

/** What every namespace of a test has. */
export const worldLabel = "stowage.dev/test-world";

let failed = false;

export const noteFailure = (): void => {
  failed = true;
};

/** Whether this file's worlds stay as they are. */
export const staysAsItIs = (): boolean => failed && process.env[keepVariable] === "1";

/** @throws Error when a cluster still has what failed tests left in it: disks are in use, names taken. */
export const refuseKeptState = async (cluster: Cluster): Promise<void> => {
  const names = await cluster.kubectl([
    ..."get namespaces -o jsonpath={.items[*].metadata.name} -l".split(" "),
    worldLabel,
  ]);
  if (names === "") return;
  throw new Error(
    `the cluster ${cluster.name} still has what a failed test left, in namespace ${names}: take it down (npm run cluster -- down --name ${cluster.name}) when you have seen it, then run this again`,
  );
};
