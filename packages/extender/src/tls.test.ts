import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { TLSSocket } from "node:tls";
import { seconds, VirtualClock } from "@stowage/clock";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { World } from "./testing/harness.ts";
import { makeWorld } from "./testing/harness.ts";
import type { TlsPaths } from "./tls.ts";
import { readTls, rotateTls } from "./tls.ts";

type Pair = "first" | "second";

/** Self-signed for localhost: each is its own authority. */
const file = (name: string): string => path.join(import.meta.dirname, "testing", "tls", name);

let directory: string;
let world: World;
let stop: AbortController;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "stowage-tls-"));
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await world.app.close();
  await rm(directory, { recursive: true });
});

const install = async (pair: Pair): Promise<TlsPaths> => {
  const cert = path.join(directory, "tls.crt");
  const key = path.join(directory, "tls.key");
  await copyFile(file(`${pair}.crt`), cert);
  await copyFile(file(`${pair}.key`), key);
  return { cert, key, clientCa: undefined };
};

/** The name in the certificate that a new connection is shown. */
const shown = (port: number, client: Partial<https.RequestOptions> = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    const request = https.get(
      {
        host: "127.0.0.1",
        port,
        path: "/healthz",
        agent: false,
        rejectUnauthorized: false,
        ...client,
      },
      (response) => {
        const { socket } = response;
        if (socket instanceof TLSSocket) resolve(socket.getPeerCertificate().subject.CN);
        response.resume();
      },
    );
    request.once("error", reject);
  });

const listen = async (paths: TlsPaths): Promise<number> => {
  world = makeWorld({ tls: await readTls(paths) });
  await world.app.listen({ host: "127.0.0.1", port: 0 });
  return (world.app.server.address() as AddressInfo).port;
};

test("renewed files are served without a restart, and a pair that does not match is not", async () => {
  const paths = await install("first");
  const port = await listen(paths);
  const clock = new VirtualClock();
  const said: string[] = [];
  let heard = Promise.withResolvers<void>();
  const say = (_fields: object, message: string): void => {
    said.push(message);
    heard.resolve();
  };
  const next = async (): Promise<void> => {
    heard = Promise.withResolvers<void>();
    await clock.advance(seconds(30));
    await heard.promise;
  };
  void rotateTls({
    paths,
    first: await readTls(paths),
    server: world.app.server,
    clock,
    log: { debug: say, info: say, warn: say, error: say },
    signal: stop.signal,
  });
  expect(await shown(port)).toBe("first");

  await writeFile(paths.cert, "half a certificate");
  await next();
  expect(await shown(port)).toBe("first");

  await install("second");
  await next();
  expect(await shown(port)).toBe("second");
  expect(said).toEqual(["TLS files cannot be used; the former ones stay", "TLS files renewed"]);
});

test("with a client authority, only its clients are served", async () => {
  const paths = await install("first");
  const port = await listen({ ...paths, clientCa: file("second.crt") });
  const client = await readTls({
    cert: file("second.crt"),
    key: file("second.key"),
    clientCa: undefined,
  });
  expect(await shown(port, client)).toBe("first");
  await expect(shown(port)).rejects.toThrow("certificate required");
});
