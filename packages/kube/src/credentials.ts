import type { ConnectionOptions } from "node:tls";
import type { Clock } from "@stowage/clock";
import { systemClock } from "@stowage/clock";
import { inClusterCredentials } from "./in-cluster-credentials.ts";
import { kubeconfigCredentials } from "./kubeconfig-credentials.ts";

export type TlsOptions = Pick<
  ConnectionOptions,
  "ca" | "cert" | "key" | "passphrase" | "pfx" | "rejectUnauthorized" | "servername"
>;

/** Where the API server is and how to be known to it. */
export type Credentials = {
  /** http: for kubectl proxy and tests. A path is put before that of each request. */
  readonly server: URL;
  /** What to send now; tokens and certificates are read again as they are renewed. */
  readonly present: () => Promise<{
    readonly headers: Readonly<Record<string, string>>;
    readonly tls: TlsOptions;
  }>;
};

/**
 * The ServiceAccount's credentials in a pod; with `kubeconfig`, the path of a kubeconfig file, the
 * current context of that file.
 * @throws Error when there is neither.
 */
export const loadCredentials = async (options: {
  readonly kubeconfig?: string | undefined;
  readonly clock?: Clock;
}): Promise<Credentials> => {
  const clock = options.clock ?? systemClock;
  return options.kubeconfig === undefined
    ? inClusterCredentials({ clock, env: process.env })
    : kubeconfigCredentials({ clock, files: [options.kubeconfig] });
};
