import { systemClock } from "@stowage/clock";
import type { KubeClient } from "@stowage/kube";
import { httpsTransport, loadCredentials, makeClient } from "@stowage/kube";
import type { Cluster } from "@stowage/test-cluster";

const silent = (): void => undefined;

/** The API as the bearer of a token reaches it. */
export const clientWith = async (cluster: Cluster, token: string): Promise<KubeClient> => {
  const admin = await loadCredentials({ kubeconfig: cluster.kubeconfig });
  const { tls } = await admin.present();
  return makeClient({
    transport: httpsTransport({
      server: admin.server,
      present: () =>
        Promise.resolve({
          headers: { authorization: `Bearer ${token.trim()}` },
          tls: { ca: tls.ca },
        }),
    }),
    clock: systemClock,
    random: Math.random,
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
};

const tokenFile = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** The same for the very token that a Pod of Stowage's has. */
export const clientOfPod = async (cluster: Cluster, pod: string): Promise<KubeClient> =>
  clientWith(
    cluster,
    await cluster.kubectl(["-n", "stowage-system", "exec", pod, "--", "cat", tokenFile]),
  );
