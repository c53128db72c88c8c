import { once } from "node:events";
import { systemClock } from "@stowage/clock";
import { httpsTransport, loadCredentials, makeClient } from "@stowage/kube";
import { makeRunner, startOn } from "@stowage/lvm";
import { pino } from "pino";
import { startAgent } from "./agent.ts";
import { Metrics } from "./metrics.ts";
import { Readiness } from "./readiness.ts";
import { makeServer } from "./server.ts";
import type { AgentSettings } from "./settings.ts";

/**
 * Serves one node until `signal` aborts.
 * @throws when there are no credentials or the port is taken.
 */
export const runAgent = async (options: {
  readonly settings: AgentSettings;
  readonly signal: AbortSignal;
}): Promise<void> => {
  const { settings, signal } = options;
  const { nodeName, scanPeriod, settleTime, lvmMode } = settings;
  const log = pino({ name: "stowage-agent", level: settings.logLevel });
  const clock = systemClock;
  const random = Math.random;
  const metrics = new Metrics();
  const readiness = new Readiness(clock, scanPeriod);

  const transport = httpsTransport(await loadCredentials({ kubeconfig: settings.kubeconfig }));
  const client = makeClient({ transport, clock, random, log });
  const run = makeRunner({ start: startOn(lvmMode), clock, observe: metrics.observeCommand });
  const edge = { client, run, clock, random, log, metrics, readiness };
  const agent = startAgent(edge, { nodeName, scanPeriod, settleTime }, signal);

  const server = makeServer({
    notReady: () => readiness.whyNot(agent.names()),
    metrics: () => metrics.text(),
  });
  server.listen({ host: settings.host, port: settings.port });
  await once(server, "listening");
  log.info({ node: nodeName, lvmMode, address: server.address() }, "serving the node");
  try {
    await agent.ended;
  } finally {
    server.close();
    server.closeAllConnections();
  }
};
