import { systemClock } from "@stowage/clock";
import type { Transport } from "@stowage/kube";
import { anyAddress, httpsTransport, loadCredentials } from "@stowage/kube";
import { pino } from "pino";
import { Metrics } from "./metrics.ts";
import { runReplica } from "./replica.ts";
import { makeServer } from "./server.ts";
import type { ProvisionerSettings } from "./settings.ts";

/**
 * The provisioner as a process: everything that reaches outside is made here and handed on.
 * Resolves when `signal` aborts; throws when the lease is lost, so that the process starts afresh.
 */
export const runProvisioner = async (options: {
  readonly settings: ProvisionerSettings;
  readonly signal: AbortSignal;
  /** The way to the API server; by default HTTPS with the credentials that the settings name. */
  readonly transport?: Transport;
}): Promise<void> => {
  const { settings, signal } = options;
  const log = pino({ name: "stowage-provisioner", level: settings.logLevel });
  const transport = options.transport ?? (await transportOf(settings));
  const metrics = new Metrics(systemClock);
  metrics.measureProcess();
  let unready: string | undefined = "the caches hold no whole list yet";
  const ready = (): void => {
    unready = undefined;
  };
  const server = makeServer({ unready: () => unready, metrics });
  await server.listen({ host: anyAddress(), port: settings.port });
  try {
    const edge = { transport, clock: systemClock, random: Math.random, log, metrics, ready };
    await runReplica(edge, settings, signal);
  } finally {
    await server.close();
  }
};

const transportOf = async ({ kubeconfig }: ProvisionerSettings): Promise<Transport> =>
  httpsTransport(await loadCredentials(kubeconfig === undefined ? {} : { kubeconfig }));
