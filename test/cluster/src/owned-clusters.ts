import { readdir } from "node:fs/promises";
import path from "node:path";
import { defaultName } from "./cluster.ts";
import { identify } from "./processes.ts";
import { clusterRecord, layout, readRecord, stateFolder } from "./state-folder.ts";

/** The names of the clusters that this process brought up, or began to, and that were not removed. */
export const ownedClusters = async (): Promise<readonly string[]> => {
  const self = await identify(process.pid);
  const root = path.dirname(stateFolder(defaultName));
  const names = await readdir(root).catch(() => []);
  const owned: string[] = [];
  for (const name of names) {
    const { record } = layout(path.join(root, name));
    // What cannot be read is of another version, and so of another process.
    const found = await readRecord(record, clusterRecord).catch(() => undefined);
    if (found?.owner.pid === self.pid && found.owner.startTime === self.startTime) owned.push(name);
  }
  return owned;
};
