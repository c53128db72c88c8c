import { once } from "node:events";
import { systemClock } from "@stowage/clock";
import { httpsTransport, loadCredentials, makeClient } from "@stowage/kube";
import { makeRunner, speak, startOn, systemFolder, withArchiveFallback } from "@stowage/lvm";
import { pino } from "pino";
import { fieldsOfLate, lateWords } from "./action-log.ts";
import { startAgent } from "./agent.ts";
import type { HostSeen } from "./host.ts";
import { Host } from "./host.ts";
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
  const host = new Host({ clock, log, mode: lvmMode });
  const variables = lvmMode === "image" ? { LVM_SYSTEM_DIR: systemFolder() } : {};
  const start = startOn(lvmMode, variables);
  const run = withArchiveFallback(
    makeRunner({
      start: (command) => start(speak(command, host.dialect)),
      clock,
      observe: metrics.observeCommand,
      late: (command, ended, durationMs) =>
        log.warn(fieldsOfLate(command, ended, durationMs), lateWords),
    }),
    {
      refused: (words) => host.archiveRefused(words),
      kept: () => host.archiveKept(),
    },
  );
  const see = (): Promise<HostSeen> => host.see(run);
  const edge = { client, run, clock, random, log, metrics, readiness, host: see };
  const agent = startAgent(edge, { nodeName, scanPeriod, settleTime }, signal);

  const server = makeServer({
    notReady: () => readiness.whyNot(agent.names()),
    metrics: () => metrics.text(),
  });
  const { host: address, port } = settings;
  // Without an address node listens on all of them, of IPv6 too where there is IPv6.
  server.listen(address === undefined ? { port } : { host: address, port });
  await once(server, "listening");
  log.info({ node: nodeName, lvmMode, address: server.address() }, "serving the node");
  try {
    await agent.ended;
  } finally {
    server.close();
    server.closeAllConnections();
  }
};
