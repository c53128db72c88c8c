import { readdir } from "node:fs/promises";
import { ClusterError } from "./errors.ts";
import { stateFolder } from "./state-folder.ts";

/**
 * The logs of a cluster, also of one that did not come up, as paths within its state folder.
 * @throws ClusterError `not_running` when there is no such folder.
 */
export const logFiles = async (
  name: string,
): Promise<{ readonly folder: string; readonly files: readonly string[] }> => {
  const folder = stateFolder(name);
  try {
    const entries = await readdir(folder, { recursive: true });
    return { folder, files: entries.filter((file) => file.endsWith(".log")).toSorted() };
  } catch (error) {
    throw new ClusterError("not_running", `there is no cluster ${name} in ${folder}`, {
      cause: error,
    });
  }
};
