import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@stowage/clock";
import type { Credentials } from "./credentials.ts";
import { onceAMinute } from "./once-a-minute.ts";

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The credentials that the kubelet mounts into a pod. The token (an hour's worth) and the CA are
 * read again each minute. Source: client-go rest.InClusterConfig.
 * @throws Error outside of a pod.
 */
export const inClusterCredentials = async (options: {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly directory?: string;
}): Promise<Credentials> => {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = options.env;
  if (host === undefined || host === "" || port === undefined || port === "") {
    throw new Error(
      "not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set. " +
        "Name a kubeconfig file to run outside of the cluster.",
    );
  }
  const directory = options.directory ?? serviceAccount;
  const present = onceAMinute(options.clock, async () => {
    const [token, ca] = await Promise.all([
      readFile(join(directory, "token"), "utf8"),
      readFile(join(directory, "ca.crt"), "utf8"),
    ]);
    return { headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca } };
  });
  await present();
  const address = host.includes(":") ? `[${host}]` : host;
  return { server: new URL(`https://${address}:${port}`), present };
};
