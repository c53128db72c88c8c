import { rm } from "node:fs/promises";
import type { Clock } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import { waitFor } from "./deadline.ts";
import { ClusterError } from "./errors.ts";
import { removeNamespace } from "./namespace.ts";
import { isAlive, killAll, processesIn, processesOf } from "./processes.ts";
import { clusterRecord, layout, readRecord, stateFolder } from "./state-folder.ts";

/** The network namespace of the cluster called `name`. */
export const namespaceOf = (name: string): string => `stowage-${name}`;

/** Ends and removes whatever there is of the cluster called `name`; nothing is fine too. */
export const removeCluster = async (name: string, clock: Clock): Promise<void> => {
  const folder = stateFolder(name);
  const namespace = namespaceOf(name);
  await killAll(clock, folder);
  await refuseStrangers(clock, namespace, folder);
  await removeNamespace(namespace);
  await rm(folder, { recursive: true, force: true });
};

/** A process that someone else started in the cluster's namespace is not ours to end. */
const refuseStrangers = async (clock: Clock, namespace: string, folder: string): Promise<void> => {
  try {
    await waitFor({ clock, what: `${namespace} to be empty`, limit: seconds(5) }, async () => {
      const strangers = await processesIn(namespace);
      return strangers.length === 0
        ? { kind: "there", value: undefined }
        : { kind: "not yet", why: `process ${strangers.join(", ")} is in it` };
    });
  } catch (error) {
    throw new ClusterError(
      "namespace_in_use",
      `the network namespace ${namespace} has processes that the cluster in ${folder} did not start: end them, or use another name; ${String(error)}`,
      { cause: error },
    );
  }
};

/** @throws ClusterError `already_running` when the cluster called `name` is more than a leftover. */
export const refuseRunning = async (name: string): Promise<void> => {
  const folder = stateFolder(name);
  const record = await readRecord(layout(folder).record, clusterRecord);
  if (record === undefined) return;
  if (record.phase === "failed") return;
  const endures = record.phase === "running" && record.lifetime === "until down";
  if (!endures && !(await isAlive(record.owner))) return;
  // What is about to start has no process yet.
  if (record.phase === "running" && (await processesOf(folder)).length === 0) return;
  throw new ClusterError(
    "already_running",
    `a cluster called ${name} is running already, brought up by process ${record.owner.pid}: attach to it, take it down, or use another name`,
  );
};
