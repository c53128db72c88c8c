import http from "node:http";
import type { AddressInfo } from "node:net";
import type { Transport } from "../transport.ts";

export type HttpServer = AsyncDisposable & {
  readonly url: URL;
  /** How many connections were ever opened. */
  readonly connections: () => number;
};

/** Serves a transport over real HTTP: where it throws, the connection is cut. */
export const serve = async (transport: Transport): Promise<HttpServer> => {
  let connections = 0;
  const answer = async (
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> => {
    const closed = new AbortController();
    response.once("close", () => closed.abort(new Error("closed")));
    try {
      const parts: Uint8Array[] = [];
      for await (const part of request) parts.push(part as Uint8Array);
      const { method, url: path = "/" } = request;
      const body = Buffer.concat(parts).toString();
      const answered = await transport({
        method: method as Parameters<Transport>[0]["method"],
        path,
        signal: closed.signal,
        ...(body === "" ? {} : { body }),
      });
      response.writeHead(answered.status, answered.headers);
      response.flushHeaders();
      for await (const chunk of answered.body) response.write(chunk);
      response.end();
    } catch {
      request.socket.destroy();
    }
  };
  const server = http.createServer((request, response) => void answer(request, response));
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
