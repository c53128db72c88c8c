import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import net from "node:net";
import type { ExecReply, ExecRequest } from "./exec-protocol.ts";

// A program of its own: a copy of it runs in every node and carries out what `node.exec` asks for.
// It finds nothing beside itself there, and so imports nothing but types and Node's own modules.

const [, , address, port, readyFile] = process.argv;
if (address === undefined || port === undefined || readyFile === undefined) {
  throw new Error("usage: exec-server.ts ADDRESS PORT READY_FILE");
}

const run = (request: ExecRequest, socket: net.Socket): void => {
  const reply = (message: ExecReply): void => void socket.write(`${JSON.stringify(message)}\n`);
  const [file, ...args] = request.argv;
  const child = spawn(file, args, {
    detached: true,
    env: { ...process.env, ...request.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.once("error", (error) => {
    reply({ kind: "not started", why: error.message });
    socket.end();
  });
  child.stdout.on("data", (data: Buffer) =>
    reply({ kind: "stdout", data: data.toString("base64") }),
  );
  child.stderr.on("data", (data: Buffer) =>
    reply({ kind: "stderr", data: data.toString("base64") }),
  );
  // A command may end without having read its input.
  child.stdin.on("error", () => undefined);
  child.stdin.end(Buffer.from(request.input, "base64"));
  const finish = (code: number | null, signal: string | null): void => {
    if (socket.writableEnded) return;
    reply(signal === null ? { kind: "exited", code: code ?? 0 } : { kind: "killed", signal });
    socket.end();
  };
  child.once("close", finish);
  // A daemon that the command left behind may hold its stdout open: then "close" does not come.
  child.once("exit", (code, signal) => setTimeout(finish, 500, code, signal).unref());
  socket.once("close", () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, "SIGKILL");
  });
};

net
  .createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    let text = "";
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const end = text.indexOf("\n");
      if (end < 0) return;
      socket.off("data", read);
      socket.resume();
      run(JSON.parse(text.slice(0, end)) as ExecRequest, socket);
    };
    socket.on("data", read);
    socket.on("error", () => socket.destroy());
  })
  .listen(Number(port), address, () => writeFileSync(readyFile, ""));
