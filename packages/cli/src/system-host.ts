import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { styleText } from "node:util";
import { seconds, systemClock } from "@stowage/clock";
import type { Credentials, KubeconfigContext, Log, Transport } from "@stowage/kube";
import {
  getText,
  httpsTransport,
  isKubeError,
  kubeconfigCredentials,
  loadCredentials,
  makeClient,
} from "@stowage/kube";
import { Failure } from "./failure.ts";
import type { Connection, Host, Target } from "./host.ts";

/** The host as the process finds it. */
export const systemHost = (signal: AbortSignal): Host => {
  const isTerminal = process.stdin.isTTY && process.stderr.isTTY;
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    // Leaves the text as it is where stdout is no terminal, or NO_COLOR says so.
    paint: (style, word) => styleText(style, word, { stream: process.stdout }),
    ask: isTerminal ? (question) => ask(question, signal) : undefined,
    readFile: (file) => (file === "-" ? text(process.stdin) : readFile(file, "utf8")),
    clock: systemClock,
    connect,
    signal,
  };
};

const ask = async (question: string, signal: AbortSignal): Promise<string> => {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question, { signal });
  } finally {
    lines.close();
  }
};

const pageTimeout = seconds(10);

const nothing = (): void => undefined;
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

const connect = async (target: Target): Promise<Connection> => {
  const { credentials, namespace } = await credentialsFor(target);
  const transport = httpsTransport(credentials, { userAgent: "kubectl-stowage" });
  await reach(transport);
  return {
    client: makeClient({ transport, clock: systemClock, random: Math.random, log: silent }),
    namespace: namespace ?? "default",
    getText: (page) => getText(transport, page, pageTimeout),
  };
};

/** Fails at once where nobody answers: the client's own reads are tried again for some seconds. */
const reach = async (transport: Transport): Promise<void> => {
  try {
    await getText(transport, "/version", pageTimeout);
  } catch (error) {
    // Whoever may not read the version may still read the rest.
    if (!isKubeError(error, "forbidden")) throw error;
  }
};

/** kubectl's order: the flag, $KUBECONFIG, ~/.kube/config, the pod's own account. */
const credentialsFor = async (
  target: Target,
): Promise<{ credentials: Credentials; namespace: string | undefined }> => {
  const files = kubeconfigFiles(target);
  try {
    if (files.length === 0) {
      return { credentials: await loadCredentials({}), namespace: undefined };
    }
    const credentials: KubeconfigContext = await kubeconfigCredentials({
      clock: systemClock,
      files,
      context: target.context,
    });
    return { credentials, namespace: credentials.namespace };
  } catch (error) {
    throw new Failure(
      "cluster",
      `no cluster to talk to: ${error instanceof Error ? error.message : String(error)}`,
      "name a kubeconfig file with --kubeconfig or $KUBECONFIG",
    );
  }
};

const kubeconfigFiles = ({ kubeconfig }: Target): string[] => {
  if (kubeconfig !== undefined) return [kubeconfig];
  const listed = (process.env["KUBECONFIG"] ?? "")
    .split(path.delimiter)
    .filter((file) => file !== "");
  // As kubectl does, what is listed and not there is passed over.
  if (listed.length > 0) return listed.some(existsSync) ? listed.filter(existsSync) : listed;
  const usual = path.join(homedir(), ".kube", "config");
  return existsSync(usual) ? [usual] : [];
};
