import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { RequestOptions as HttpsRequestOptions } from "node:https";
import type { Milliseconds } from "@stowage/clock";
import type { Credentials } from "./credentials.ts";
import type { KubeRequest, KubeResponse, Transport } from "./transport.ts";

// `import http from "node:http"` reads all that the module exports, of which some load a second HTTP
// client: 10 MB of memory in every program.
const http = process.getBuiltinModule("node:http");
const https = process.getBuiltinModule("node:https");

/** Below the 90 s after which the API server closes an idle connection (its secure_serving.go). */
const idleConnection = 60_000;
/** A peer that vanished is noticed 10 probes, a second apart, after this much silence. */
const probeAfter = 15_000;

/**
 * Requests over one pool of kept-alive connections. A watch holds one of them while it lasts.
 * The agent keys its connections by their TLS options, so a renewed CA opens new ones.
 */
export const httpsTransport = (
  credentials: Credentials,
  options: { readonly userAgent?: string } = {},
): Transport => {
  const { server } = credentials;
  const pool = { keepAlive: true, keepAliveMsecs: probeAfter, timeout: idleConnection };
  const plain = server.protocol === "http:";
  const agent = plain ? new http.Agent(pool) : new https.Agent(pool);
  const begin = plain ? http.request : https.request;
  const base = server.pathname.replace(/\/$/, "");
  const common = { accept: "application/json", "user-agent": options.userAgent ?? "stowage" };

  return async (request) => {
    request.signal?.throwIfAborted();
    const { headers, tls } = await credentials.present();
    const lifetime = request.lifetime?.();
    const path = lifetime === undefined ? request.path : withTimeout(request.path, lifetime);
    return send(request, least(request.timeout, lifetime), (answered) =>
      begin(
        {
          ...tls,
          agent,
          method: request.method,
          protocol: server.protocol,
          hostname: server.hostname.replace(/^\[|\]$/g, ""),
          port: server.port,
          path: base + path,
          headers: { ...common, ...headers, ...contentHeaders(request) },
        } satisfies RequestOptions & HttpsRequestOptions,
        answered,
      ),
    );
  };
};

const least = (
  timeout: Milliseconds | undefined,
  lifetime: Milliseconds | undefined,
): Milliseconds | undefined =>
  timeout === undefined || (lifetime !== undefined && lifetime < timeout) ? lifetime : timeout;

/** The API server gives up what it has not done by then (its request_deadline.go). */
const withTimeout = (path: string, span: Milliseconds): string =>
  `${path}${path.includes("?") ? "&" : "?"}timeout=${Math.ceil(span)}ms`;

const contentHeaders = ({ accept, body, contentType }: KubeRequest): Record<string, string> => ({
  ...(accept === undefined ? {} : { accept }),
  ...(body === undefined
    ? {}
    : {
        "content-type": contentType ?? "application/json",
        "content-length": `${Buffer.byteLength(body)}`,
      }),
});

const send = (
  request: KubeRequest,
  timeout: Milliseconds | undefined,
  begin: (answered: (response: IncomingMessage) => void) => ClientRequest,
): Promise<KubeResponse> =>
  new Promise((resolve, reject) => {
    let cut = (error: Error): void => {
      ongoing.destroy(error);
    };
    const ongoing = begin((response) => {
      cut = (error) => response.destroy(error);
      // Whoever reads the body gets the error; without a listener it would be replaced.
      response.on("error", () => undefined);
      resolve({ status: response.statusCode ?? 0, headers: flat(response), body: response });
    });
    const timer =
      timeout === undefined ? undefined : setTimeout(() => cut(new TimeoutError(timeout)), timeout);
    const abort = (): void => cut(new Error("aborted", { cause: request.signal?.reason }));
    request.signal?.addEventListener("abort", abort, { once: true });
    ongoing.once("close", () => {
      clearTimeout(timer);
      request.signal?.removeEventListener("abort", abort);
    });
    ongoing.on("error", reject);
    ongoing.once("socket", (socket) => socket.setKeepAlive(true, probeAfter));
    ongoing.end(request.body);
    if (request.signal?.aborted === true) abort();
  });

class TimeoutError extends Error {
  override readonly name = "TimeoutError";

  constructor(after: number) {
    super(`no complete answer within ${after / 1000} s`);
  }
}

const flat = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
