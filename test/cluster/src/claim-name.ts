import { mkdir } from "node:fs/promises";
import net from "node:net";
import type { Clock } from "@stowage/clock";
import { ClusterError } from "./errors.ts";
import { namespaceOf, refuseRunning, removeCluster } from "./leftovers.ts";
import type { ClusterRecord } from "./state-folder.ts";
import { layout, stateFolder, writeRecord } from "./state-folder.ts";

/**
 * Holds a name of the kernel's that only one process can have, and that goes with the process.
 * Source: unix(7), abstract sockets.
 * @throws ClusterError `already_running`
 */
const hold = (name: string): Promise<net.Server> =>
  new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", (cause) =>
      reject(
        new ClusterError(
          "already_running",
          `another process takes the name ${name} for a cluster at this moment: use another name`,
          { cause },
        ),
      ),
    );
    server.listen(`\0${namespaceOf(name)}-is-taken`, () => resolve(server));
  });

/**
 * Makes `record` the cluster of its name, before anything of it runs; what a cluster of that name left
 * behind is removed. Of two processes that do so at once one is refused.
 * @throws ClusterError `already_running`
 */
export const claimName = async (record: ClusterRecord, clock: Clock): Promise<void> => {
  const held = await hold(record.name);
  try {
    await refuseRunning(record.name);
    await removeCluster(record.name, clock);
    await mkdir(stateFolder(record.name), { recursive: true, mode: 0o700 });
    await writeRecord(layout(stateFolder(record.name)).record, record);
  } finally {
    held.close();
  }
};
