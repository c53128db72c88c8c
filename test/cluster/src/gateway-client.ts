import net from "node:net";
import type { Duplex } from "node:stream";
import { ClusterError } from "./errors.ts";

/** An address and port as the cluster's namespace sees them. */
export type Target = { readonly host: string; readonly port: number };

/**
 * Connects from anywhere on the host to `target` inside the cluster's network namespace.
 * @throws ClusterError `gateway_failed`: the gateway is gone, or it could not reach the target.
 */
export const connectThrough = (socketPath: string, target: Target): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const socket = net.connect({ path: socketPath, allowHalfOpen: true });
    const fail = (why: string, cause?: unknown): void => {
      socket.destroy();
      reject(
        new ClusterError(
          "gateway_failed",
          `no connection to ${target.host}:${target.port} through ${socketPath}: ${why}`,
          { cause },
        ),
      );
    };
    const onError = (error: NodeJS.ErrnoException): void => {
      const isGone = error.code === "ECONNREFUSED" || error.code === "ENOENT";
      fail(
        isGone
          ? "the gateway has ended, see logs/gateway.log; take the cluster down"
          : error.message,
        error,
      );
    };
    const onEnd = (): void => fail("the gateway hung up");
    let reply = Buffer.alloc(0);
    // By "readable", not "data": that would leave the socket flowing or paused, and its next user
    // expects it as new.
    const onReadable = (): void => {
      const chunk: unknown = socket.read();
      if (!(chunk instanceof Buffer)) return;
      reply = Buffer.concat([reply, chunk]);
      const end = reply.indexOf("\n");
      if (end < 0) return;
      const line = reply.subarray(0, end).toString();
      socket.off("readable", onReadable);
      socket.off("error", onError);
      socket.off("end", onEnd);
      if (line !== "ok") {
        fail(line);
        return;
      }
      if (reply.length > end + 1) socket.unshift(reply.subarray(end + 1));
      resolve(socket);
    };
    socket.on("error", onError);
    socket.on("end", onEnd);
    socket.on("readable", onReadable);
    socket.once("connect", () => socket.write(`${target.host} ${target.port}\n`));
  });

/** A port of the host's loopback that leads to `target` for as long as this process lives. */
export type Forward = { readonly port: number; close(): Promise<void> };

const join = async (client: net.Socket, socketPath: string, target: Target): Promise<void> => {
  try {
    const there = await connectThrough(socketPath, target);
    there.on("error", () => client.destroy());
    there.once("close", () => client.destroy());
    client.once("close", () => there.destroy());
    client.pipe(there);
    there.pipe(client);
  } catch {
    // As a TCP peer tells it: there is nobody.
    client.resetAndDestroy();
  }
};

export const forwardThrough = async (socketPath: string, target: Target): Promise<Forward> => {
  const clients = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    clients.add(client);
    client.once("close", () => clients.delete(client));
    client.on("error", () => client.destroy());
    void join(client, socketPath, target);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  server.unref();
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new TypeError("a TCP server has a port");
  return {
    port: address.port,
    close: () => {
      for (const client of clients) client.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
};
