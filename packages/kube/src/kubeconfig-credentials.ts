import type { RequestOptions } from "node:https";
import type { Clock } from "@stowage/clock";
import type { Credentials, TlsOptions } from "./credentials.ts";
import { onceAMinute } from "./once-a-minute.ts";

/** What a kubeconfig says besides the credentials. */
export type KubeconfigContext = Credentials & {
  /** The context's namespace; undefined where it names none. */
  readonly namespace: string | undefined;
};

/**
 * A context of kubeconfig files, exec plugins and token files included. Several files are merged as
 * kubectl merges those of $KUBECONFIG.
 * @throws Error for a context that is missing or cannot be used.
 */
export const kubeconfigCredentials = async (options: {
  readonly clock: Clock;
  readonly files: readonly string[];
  /** In place of the files' current context. */
  readonly context?: string | undefined;
}): Promise<KubeconfigContext> => {
  // In the cluster its 40 MB are never loaded.
  const { KubeConfig } = await import("./kube-config.ts");
  const [first = "", ...others] = options.files;
  const config = new KubeConfig();
  config.loadFromFile(first);
  for (const file of others) {
    const more = new KubeConfig();
    more.loadFromFile(file);
    // The first file that names a current context decides.
    config.mergeConfig(more, config.currentContext !== undefined && config.currentContext !== "");
  }
  if (options.context !== undefined) config.setCurrentContext(options.context);
  const names = options.files.join(", ");
  const context = config.getContextObject(config.getCurrentContext() ?? "");
  const cluster = config.getCurrentCluster();
  if (context === null || cluster === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw new Error(
      `${names} has no cluster for the context "${config.getCurrentContext() ?? ""}"; it has contexts ${known.join(", ")}. ` +
        "Set one with kubectl config use-context.",
    );
  }
  if (cluster.proxyUrl !== undefined) {
    throw new Error(`${names} asks for a proxy, which is not supported. Remove proxy-url.`);
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
  return { server, present, namespace: context.namespace };
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
