import type { RequestOptions } from "node:https";
import type { Clock } from "@stowage/clock";
import type { Credentials, TlsOptions } from "./credentials.ts";
import { onceAMinute } from "./once-a-minute.ts";

/**
 * The current context of a kubeconfig file, exec plugins and token files included.
 * @throws Error for a file without a usable current context.
 */
export const kubeconfigCredentials = async (options: {
  readonly clock: Clock;
  readonly file: string;
}): Promise<Credentials> => {
  // In the cluster its 40 MB are never loaded.
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromFile(options.file);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new Error(
      `${options.file} has no cluster for its current context "${config.getCurrentContext()}". ` +
        "Set it with kubectl config use-context.",
    );
  }
  if (cluster.proxyUrl !== undefined) {
    throw new Error(`${options.file} asks for a proxy, which is not supported. Remove proxy-url.`);
  }
  const server = new URL(cluster.server);
  if (server.protocol === "http:") {
    // Plain HTTP is refused otherwise, although there is no TLS to verify.
    config.clusters = config.clusters.map((each) => ({ ...each, skipTLSVerify: true }));
  }
  const present = onceAMinute(options.clock, async () => {
    const asked: RequestOptions = {};
    await config.applyToHTTPSOptions(asked);
    return { headers: headersOf(asked), tls: tlsOf(asked) };
  });
  await present();
  return { server, present };
};

const headersOf = ({ headers = {}, auth }: RequestOptions): Record<string, string> => {
  const plain = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  const basic =
    typeof auth === "string"
      ? { authorization: `Basic ${Buffer.from(auth).toString("base64")}` }
      : {};
  return { ...basic, ...Object.fromEntries(plain) };
};

const tlsOf = (asked: RequestOptions): TlsOptions => ({
  ...(asked.ca === undefined ? {} : { ca: asked.ca }),
  ...(asked.cert === undefined ? {} : { cert: asked.cert }),
  ...(asked.key === undefined ? {} : { key: asked.key }),
  ...(asked.pfx === undefined ? {} : { pfx: asked.pfx }),
  ...(asked.passphrase === undefined ? {} : { passphrase: asked.passphrase }),
  ...(asked.rejectUnauthorized === undefined
    ? {}
    : { rejectUnauthorized: asked.rejectUnauthorized }),
  ...(asked.servername === undefined ? {} : { servername: asked.servername }),
});
