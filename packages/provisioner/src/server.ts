import fastify from "fastify";
import type { FastifyInstance } from "fastify";
import type { Metrics } from "./metrics.ts";

/** What a probe and Prometheus may ask. */
type Served = {
  /** undefined when the replica can do its work, else why not. */
  readonly unready: () => string | undefined;
  readonly metrics: Pick<Metrics, "contentType" | "text">;
};

/**
 * GET /healthz (the process answers), /readyz (its caches are whole; a replica that waits for the
 * lease is ready too) and /metrics.
 */
export const makeServer = ({ unready, metrics }: Served): FastifyInstance => {
  const server = fastify({ requestTimeout: 10_000, connectionTimeout: 10_000 });
  server.get("/healthz", () => "ok\n");
  server.get("/readyz", async (_request, reply) => {
    const why = unready();
    if (why !== undefined) await reply.code(503);
    return why === undefined ? "ok\n" : `${why}\n`;
  });
  server.get("/metrics", async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
  return server;
};
