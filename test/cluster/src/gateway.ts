import { chmodSync } from "node:fs";
import net from "node:net";
import { argv } from "node:process";

// A program of its own: it runs in the cluster's network namespace and lets processes of the host
// in. Unix sockets are found by their path, whatever the namespace; and a listening socket stays in
// the namespace where it was made, so the one that the parent hands over listens on the host's own
// loopback while what we connect to is the cluster's.

const [, , socketPath, apiAddress, apiPort] = argv;
if (socketPath === undefined || apiAddress === undefined || apiPort === undefined) {
  throw new Error("usage: gateway.ts SOCKET API_ADDRESS API_PORT, with a listening socket by IPC");
}

const join = (client: net.Socket, server: net.Socket): void => {
  client.pipe(server);
  server.pipe(client);
  client.once("error", () => server.destroy());
  server.once("error", () => client.destroy());
  client.once("close", () => server.destroy());
  server.once("close", () => client.destroy());
};

/** A client of the Unix socket first sends "address port\n" and gets "ok\n" or "error: ...\n". */
const serveNamedTarget = (client: net.Socket): void => {
  let request = "";
  const read = (chunk: Buffer): void => {
    request += chunk.toString("latin1");
    const end = request.indexOf("\n");
    if (end < 0) return;
    client.off("data", read);
    client.pause();
    const [host = "", port = ""] = request.slice(0, end).split(" ");
    const early = Buffer.from(request.slice(end + 1), "latin1");
    const server = net.connect({ host, port: Number(port), allowHalfOpen: true });
    const refuse = (error: Error): void => void client.end(`error: ${error.message}\n`);
    server.once("error", refuse);
    server.once("connect", () => {
      server.off("error", refuse);
      client.write("ok\n");
      server.write(early);
      join(client, server);
    });
  };
  client.on("data", read);
  client.on("error", () => client.destroy());
};

net.createServer({ allowHalfOpen: true }, serveNamedTarget).listen(socketPath, () => {
  chmodSync(socketPath, 0o600);
  process.send?.("listening");
});

process.once("message", (_text, handle) => {
  if (!(handle instanceof net.Server)) throw new Error("the parent sent no listening socket");
  handle.on("connection", (client: net.Socket) => {
    const server = net.connect({ host: apiAddress, port: Number(apiPort) });
    join(client, server);
  });
  process.send?.("serving");
  process.disconnect?.();
});
