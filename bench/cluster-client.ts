import { systemClock } from "@stowage/clock";
import type { KubeClient, Log } from "@stowage/kube";
import { httpsTransport, loadCredentials, makeClient } from "@stowage/kube";
import { Cluster } from "@stowage/test-cluster";

const silent = (): void => undefined;

/** What is measured says so itself; what the clients log would only be in the way. */
export const noLog: Log = { debug: silent, info: silent, warn: silent, error: silent };

/** The running cluster that is measured, by default that of `make cluster`, and a client for it. */
export const attach = async (): Promise<{
  readonly cluster: Cluster;
  readonly client: KubeClient;
}> => {
  const cluster = await Cluster.attach(process.env["STOWAGE_BENCH_CLUSTER"]);
  const client = makeClient({
    transport: httpsTransport(await loadCredentials({ kubeconfig: cluster.kubeconfig })),
    clock: systemClock,
    random: Math.random,
    log: noLog,
  });
  return { cluster, client };
};

/** Tells whoever waits what is being measured; stdout is for the result. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`);
