import { readFile } from "node:fs/promises";
import type { Server } from "node:http";
import { isDeepStrictEqual } from "node:util";
import { Server as TlsServer } from "node:tls";
import type { Clock } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import type { Log } from "@stowage/kube";

/** Paths of PEM files. */
export type TlsPaths = {
  readonly cert: string;
  readonly key: string;
  /** Given: only clients with a certificate of this authority are served. */
  readonly clientCa: string | undefined;
};

/** The files' contents, named as node:tls names them. */
export type TlsFiles = {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
};

/** The kubelet renews mounted secrets by moving a link, which file watches do not see. */
const rereadEvery = seconds(30);

/** @throws when a file cannot be read. */
export const readTls = async ({ cert, key, clientCa }: TlsPaths): Promise<TlsFiles> => ({
  cert: await readFile(cert, "utf8"),
  key: await readFile(key, "utf8"),
  ...(clientCa === undefined ? {} : { ca: await readFile(clientCa, "utf8") }),
});

/**
 * Gives the server the files' new contents whenever they change; connections that are open keep
 * theirs. A pair that does not match (half renewed) is left for the next look.
 */
export const rotateTls = async (options: {
  readonly paths: TlsPaths;
  readonly first: TlsFiles;
  readonly server: Server;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<void> => {
  const { paths, server, clock, log, signal } = options;
  if (!(server instanceof TlsServer)) throw new Error("the server was made without TLS");
  let current = options.first;
  while (!signal.aborted) {
    await clock.sleep(rereadEvery, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const next = await readTls(paths);
      if (isDeepStrictEqual(next, current)) continue;
      server.setSecureContext({ ...next, minVersion: "TLSv1.2" });
      current = next;
      log.info({ cert: paths.cert }, "TLS files renewed");
    } catch (error) {
      log.warn({ err: error, cert: paths.cert }, "TLS files cannot be used; the former ones stay");
    }
  }
};
