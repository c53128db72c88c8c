import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { Bytes } from "@stowage/capacity";
import type { Milliseconds } from "@stowage/clock";
import type { Log } from "@stowage/kube";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Fastify from "fastify";
import { z } from "zod";
import type { AskedPod } from "./asked-pod.ts";
import { problemsOf } from "./asked-pod.ts";
import { readBody } from "./body.ts";
import type { Allocate, Buffers } from "./buffers.ts";
import { CallError } from "./call-error.ts";
import type { Extender } from "./extender.ts";
import type { Metrics } from "./metrics.ts";
import { filterAnswer, prioritizeAnswer } from "./answers.ts";
import { readCall } from "./protocol.ts";
import { Tokens } from "./tokens.ts";
import type { TlsFiles } from "./tls.ts";

// Not imported, which would load all that node:http can: see kube's https-transport.ts.
const http = process.getBuiltinModule("node:http");
const https = process.getBuiltinModule("node:https");

export type ServerOptions = {
  readonly extender: Extender;
  readonly metrics: Metrics;
  /** For requests' bodies and their answers. */
  readonly buffers: Buffers;
  readonly log: Log;
  /** The pod as the API server has it, for /explain. */
  readonly findPod: (name: { namespace: string; name: string }) => Promise<AskedPod | undefined>;
  readonly bodyLimit: Bytes;
  /** How long a request may take to arrive in full. */
  readonly requestTimeout: Milliseconds;
  readonly tls: TlsFiles | undefined;
};

/** Longer than the 90 s after which Go's client drops an idle connection itself. */
const keepAliveTimeout = 120_000;

const explainQuery = z.object({ pod: z.string().regex(/^[^/]+\/[^/]+$/) });

/** The extender's HTTP face, not yet listening. Every answer but 200 is {"Error": words}. */
export const makeServer = (options: ServerOptions): FastifyInstance => {
  const { extender, metrics, buffers, log } = options;
  const app = Fastify({
    // readBody knows the limit, and better words.
    bodyLimit: Number.MAX_SAFE_INTEGER,
    serverFactory: (handler) => {
      const { requestTimeout, tls } = options;
      const timeouts = { requestTimeout, headersTimeout: requestTimeout, keepAliveTimeout };
      return tls === undefined
        ? http.createServer(timeouts, handler)
        : https.createServer(
            { ...timeouts, ...tls, requestCert: tls.ca !== undefined, minVersion: "TLSv1.2" },
            handler,
          );
    },
  });

  app.removeAllContentTypeParsers();
  const taken = new WeakMap<IncomingMessage, Buffer[]>();
  /** Memory that is used again once the request is answered. */
  const allocateFor =
    ({ raw }: FastifyRequest): Allocate =>
    (size) => {
      const { bytes, whole } = buffers.take(size);
      taken.set(raw, [...(taken.get(raw) ?? []), whole]);
      return bytes;
    };
  const tokens = new Tokens(0);
  app.addContentTypeParser("*", (request: FastifyRequest, payload: Readable) =>
    readBody(payload, request.headers, options.bodyLimit, allocateFor(request)),
  );
  app.addHook("onResponse", async ({ raw, routeOptions }, reply) => {
    for (const whole of taken.get(raw) ?? []) buffers.give(whole);
    taken.delete(raw);
    metrics.request(routeOptions.url ?? "other", reply.statusCode, reply.elapsedTime / 1000);
  });
  app.setNotFoundHandler(async ({ method, url }, reply) =>
    reply.code(404).send({
      Error: `there is no ${method} ${url}; there are POST /filter, POST /prioritize, GET /explain, /healthz, /readyz and /metrics`,
    }),
  );
  app.setErrorHandler(async (error: FastifyError, { method, url }, reply) => {
    const code = error.statusCode ?? 500;
    if (code >= 500) log.error({ err: error, method, url }, "request failed");
    return reply.code(code).send({ Error: error.message });
  });

  app.post<{ Body: Buffer | undefined }>("/filter", async (request, reply) => {
    const { pod, asked } = readCall(request.body ?? noBody, extender.cluster.seats, tokens);
    const outcome = extender.filter({ pod, asked });
    const nodes = asked.tokens.count;
    metrics.filtered(nodes, outcome);
    if (pod.volumes.length > 0) {
      const key = `${pod.namespace}/${pod.name}`;
      log.debug({ pod: key, nodes, refused: outcome.refused }, "filtered");
    }
    const allocate = allocateFor(request);
    return sendParts(reply, filterAnswer(asked, outcome, allocate), allocate);
  });
  app.post<{ Body: Buffer | undefined }>("/prioritize", async (request, reply) => {
    const call = readCall(request.body ?? noBody, extender.cluster.seats, tokens);
    const scores = extender.prioritize(call);
    const allocate = allocateFor(request);
    return sendParts(reply, [prioritizeAnswer(call.asked, scores, allocate)], allocate);
  });
  app.get("/explain", async ({ query }, reply) => {
    const asked = explainQuery.safeParse(query);
    if (!asked.success) {
      throw new CallError(`ask /explain?pod=namespace/name: ${problemsOf(asked.error)}`);
    }
    const [namespace = "", name = ""] = asked.data.pod.split("/");
    const pod = await options.findPod({ namespace, name });
    if (pod === undefined) {
      return reply.code(404).send({ Error: `there is no pod ${namespace}/${name}` });
    }
    return reply.send(extender.explain(pod));
  });
  app.get("/healthz", async () => "ok");
  app.get("/readyz", async (_request, reply) => {
    const why = extender.unavailable();
    return why === undefined ? "ok" : reply.code(503).send({ Error: why.message });
  });
  app.get("/metrics", async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
  return app;
};

const noBody = Buffer.alloc(0);

/** A longer answer is sent piece by piece from where it lies in the request: it may be 100 MB. */
const longestWhole = 2 ** 21;

const sendParts = (
  reply: FastifyReply,
  parts: readonly Buffer[],
  allocate: Allocate,
): FastifyReply => {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const [only] = parts;
  reply.type("application/json; charset=utf-8").header("content-length", length);
  if (parts.length === 1) return reply.send(only);
  return reply.send(
    length <= longestWhole ? joined(parts, allocate(length)) : Readable.from(parts),
  );
};

const joined = (parts: readonly Buffer[], whole: Buffer): Buffer => {
  let end = 0;
  for (const part of parts) end += part.copy(whole, end);
  return whole;
};
