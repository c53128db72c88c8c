import { provisionerName } from "@stowage/api";
import type { Clock } from "@stowage/clock";
import type { Log, Transport } from "@stowage/kube";
import { guardedTransport, lead, makeClient, makeEventRecorder } from "@stowage/kube";
import { cachesSynced, startCaches } from "./caches.ts";
import { runControllers } from "./controllers.ts";
import { identityOf } from "./identity-of.ts";
import type { Metrics } from "./metrics.ts";
import type { ProvisionerSettings } from "./settings.ts";

/**
 * One replica of the provisioner: fills its caches, waits for the lease, works while it has it.
 * Resolves when `signal` aborts; throws when the lease is lost, so that the process starts afresh.
 */
export const runReplica = async (
  edge: {
    readonly transport: Transport;
    readonly clock: Clock;
    readonly random: () => number;
    readonly log: Log;
    readonly metrics: Metrics;
    /** Called once the caches hold whole lists. */
    readonly ready: () => void;
  },
  settings: Pick<ProvisionerSettings, "namespace" | "podName" | "leaseName" | "leaseDurations">,
  signal: AbortSignal,
): Promise<void> => {
  const { transport } = edge;
  const { namespace, podName, leaseName, leaseDurations } = settings;
  const client = makeClient(edge);
  const edges = { ...edge, client };
  const events = makeEventRecorder({ ...edges, component: provisionerName, instance: podName });
  const caches = startCaches({
    ...edges,
    signal,
    namespace,
    lostTouch: (plural) => edge.metrics.watchRestarted(plural),
  });
  try {
    await cachesSynced(caches, signal);
    edge.ready();
    await lead({
      ...edges,
      signal,
      lease: { namespace, name: leaseName },
      identity: identityOf(podName, edge.random),
      durations: leaseDurations,
      whileLeading: (leading, mustLead) =>
        runControllers({
          ...edges,
          client: makeClient({ ...edge, transport: guardedTransport(transport, mustLead) }),
          caches,
          events,
          signal: leading,
          namespace,
        }),
    });
  } finally {
    await events.flush();
  }
};
