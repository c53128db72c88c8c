import { readdir } from "node:fs/promises";
import path from "node:path";
import { systemClock } from "@stowage/clock";
import { defaultName } from "./cluster.ts";
import { ClusterError } from "./errors.ts";
import { refuseRunning, removeCluster } from "./leftovers.ts";
import { processesOf } from "./processes.ts";
import { clusterRecord, layout, readRecord, stateFolder } from "./state-folder.ts";

/** `dev`, `dev-2`, `dev-3`, ...: what clusters without a name of their own are called, in this order. */
const usualNames = Array.from({ length: 9 }, (_, index) =>
  index === 0 ? defaultName : `${defaultName}-${index + 1}`,
);

const isTaken = async (name: string): Promise<boolean> => {
  try {
    await refuseRunning(name);
    return false;
  } catch (error) {
    if (error instanceof ClusterError && error.code === "already_running") return true;
    throw error;
  }
};

/** The first usual name under which no cluster runs: whatever a person left up stays as it is. */
export const freeName = async (): Promise<string> => {
  for (const name of usualNames) if (!(await isTaken(name))) return name;
  throw new ClusterError(
    "already_running",
    `clusters called ${usualNames.join(", ")} are running: take one down`,
  );
};

/** The first usual name under which a cluster runs that was left up for whoever wants to use it. */
export const nameLeftUp = async (): Promise<string | undefined> => {
  for (const name of usualNames) {
    const record = await readRecord(layout(stateFolder(name)).record, clusterRecord);
    if (record?.lifetime === "until down" && record.phase === "running" && (await isTaken(name))) {
      return name;
    }
  }
  return undefined;
};

/** Ends the clusters, whatever their names, whose owner was killed before it could. */
export const removeLeftovers = async (): Promise<void> => {
  const root = path.dirname(stateFolder(defaultName));
  for (const name of await readdir(root).catch(() => [])) {
    const { record, folder } = layout(path.join(root, name));
    if ((await readRecord(record, clusterRecord).catch(() => undefined)) === undefined) continue;
    if ((await processesOf(folder)).length === 0 || (await isTaken(name))) continue;
    await removeCluster(name, systemClock);
  }
};
