import { systemClock } from "@stowage/clock";
import type { Transport } from "@stowage/kube";
import { anyAddress, httpsTransport, loadCredentials, makeClient } from "@stowage/kube";
import { pino } from "pino";
import { askedPods } from "./asked-pod.ts";
import { Buffers } from "./buffers.ts";
import { startCaches } from "./caches.ts";
import { Cluster } from "./cluster.ts";
import { Extender } from "./extender.ts";
import { Metrics } from "./metrics.ts";
import { makeServer } from "./server.ts";
import type { ExtenderSettings } from "./settings.ts";
import { keepTidy } from "./tidy.ts";
import { readTls, rotateTls } from "./tls.ts";

/**
 * Serves kube-scheduler until `signal` aborts. It listens while the caches are still being filled: pods
 * without claims of Stowage must never wait for it.
 * @throws when there are no credentials, a TLS file cannot be read or the port is taken.
 */
export const runExtender = async (options: {
  readonly settings: ExtenderSettings;
  readonly signal: AbortSignal;
  /** In place of the one that the settings' credentials lead to. */
  readonly transport?: Transport;
}): Promise<void> => {
  const { settings, signal } = options;
  const log = pino({ name: "stowage-extender", level: settings.logLevel });
  const clock = systemClock;
  const random = Math.random;

  const transport = options.transport ?? (await transportOf(settings));
  const client = makeClient({ transport, clock, random, log });
  const cluster = new Cluster();
  const { namespace, agentSelector } = settings;
  const freshness = startCaches({
    cluster,
    client,
    clock,
    random,
    log,
    signal,
    namespace,
    agentSelector,
    lostTouch: (plural) => metrics.watchRestarted(plural),
  });
  const extender = new Extender({
    cluster,
    clock,
    freshness,
    staleLimit: settings.staleLimit,
    promiseLifetime: settings.promiseLifetime,
    strategy: settings.strategy,
  });
  const buffers = new Buffers();
  keepTidy({
    freshness,
    buffers,
    clock,
    collect: globalThis.gc,
    signal,
  }).catch((error: unknown) => log.debug({ err: error }, "no garbage is collected any more"));
  const metrics = new Metrics(extender);
  metrics.measureProcess();

  const tls = settings.tls === undefined ? undefined : await readTls(settings.tls);
  const app = makeServer({
    extender,
    metrics,
    buffers,
    log,
    findPod: (name) => client.find(askedPods, name),
    bodyLimit: settings.bodyLimit,
    requestTimeout: settings.requestTimeout,
    tls,
  });
  const address = await app.listen({ host: settings.host ?? anyAddress(), port: settings.port });
  log.info({ address, strategy: settings.strategy }, "listening");

  if (settings.tls !== undefined && tls !== undefined) {
    void rotateTls({ paths: settings.tls, first: tls, server: app.server, clock, log, signal });
  }
  await aborted(signal);
  await app.close();
};

const transportOf = async ({ kubeconfig }: ExtenderSettings): Promise<Transport> =>
  httpsTransport(await loadCredentials(kubeconfig === undefined ? {} : { kubeconfig }));

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
