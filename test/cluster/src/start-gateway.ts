import type { ChildProcess } from "node:child_process";
import net from "node:net";
import path from "node:path";
import { milliseconds, seconds } from "@stowage/clock";
import { controlPlaneAddress } from "./address-plan.ts";
import type { Context } from "./context.ts";
import { waitFor } from "./deadline.ts";
import { ClusterError } from "./errors.ts";
import { isAlive, start, tailOf } from "./processes.ts";
import { writeRecord } from "./state-folder.ts";

/**
 * Starts the cluster's gateway (gateway.ts) and returns the port of the host's loopback that now
 * leads to the API server.
 */
export const startGateway = async (context: Context): Promise<number> => {
  const { layout, clock } = context;
  const server = await listenOnLoopback();
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new TypeError("a TCP server has a port");
  const log = layout.log("gateway");
  const { identity, child } = await start({
    argv: [
      process.execPath,
      path.join(import.meta.dirname, "gateway.ts"),
      layout.gateway,
      controlPlaneAddress,
      "443",
    ],
    folder: layout.folder,
    namespace: context.namespace,
    log,
    channel: "ipc",
  });
  await writeRecord(layout.process("gateway"), identity);
  const said = new Set<unknown>();
  child.on("message", (text) => said.add(text));
  try {
    await handOver(child, server);
    await waitFor(
      {
        clock,
        what: "the gateway",
        limit: seconds(15),
        every: milliseconds(20),
        explain: () => tailOf(log),
      },
      async () => {
        if (said.has("listening") && said.has("serving"))
          return { kind: "there", value: undefined };
        if (!(await isAlive(identity))) {
          throw new ClusterError("process_died", `the gateway ended\n${await tailOf(log)}`);
        }
        return { kind: "not yet", why: "it does not listen" };
      },
    );
  } finally {
    server.close();
  }
  return address.port;
};

const listenOnLoopback = async (): Promise<net.Server> => {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return server;
};

const handOver = (child: ChildProcess, server: net.Server): Promise<void> =>
  new Promise((resolve, reject) => {
    child.send("listen", server, {}, (error) => (error === null ? resolve() : reject(error)));
  });
