import { provisionerName } from "@stowage/api";
import { systemClock } from "@stowage/clock";
import type { Transport } from "@stowage/kube";
import {
  guardedTransport,
  httpsTransport,
  lead,
  loadCredentials,
  makeClient,
  makeEventRecorder,
} from "@stowage/kube";
import { pino } from "pino";
import { cachesSynced, startCaches } from "./caches.ts";
import { runControllers } from "./controllers.ts";
import { Metrics } from "./metrics.ts";
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
  const edges = { clock: systemClock, random: Math.random, log };
  const transport = options.transport ?? (await transportOf(settings));
  const client = makeClient({ ...edges, transport });
  const events = makeEventRecorder({
    ...edges,
    client,
    component: provisionerName,
    instance: settings.identity,
  });
  const caches = startCaches({ ...edges, client, signal, namespace: settings.namespace });
  const metrics = new Metrics(systemClock);
  metrics.measureProcess();
  let unready: string | undefined = "the caches hold no whole list yet";
  const server = makeServer({ unready: () => unready, metrics });
  await server.listen({ host: "::", port: settings.port });
  try {
    await cachesSynced(caches, signal);
    unready = undefined;
    await lead({
      ...edges,
      client,
      signal,
      lease: { namespace: settings.namespace, name: settings.leaseName },
      identity: settings.identity,
      durations: settings.leaseDurations,
      whileLeading: (leading, mustLead) =>
        runControllers({
          ...edges,
          client: makeClient({ ...edges, transport: guardedTransport(transport, mustLead) }),
          caches,
          events,
          metrics,
          signal: leading,
          namespace: settings.namespace,
        }),
    });
  } finally {
    await events.flush();
    await server.close();
  }
};

const transportOf = async ({ kubeconfig }: ProvisionerSettings): Promise<Transport> =>
  httpsTransport(await loadCredentials(kubeconfig === undefined ? {} : { kubeconfig }));
