import type { Cluster } from "@stowage/test-cluster";
import { at } from "./kinds.ts";
import type { Plain } from "./kinds.ts";

/** A Pod of one of Stowage's programs. */
export type ProgramPod = { readonly name: string; readonly address: string };

export const podsOf = async (cluster: Cluster, program: string): Promise<ProgramPod[]> => {
  const list: unknown = JSON.parse(
    await cluster.kubectl(
      `-n stowage-system get pods -o json -l app.kubernetes.io/component=${program}`.split(" "),
    ),
  );
  return (at(list, "items") as Plain[])
    .filter((pod) => at(pod, "metadata.deletionTimestamp") === undefined)
    .map((pod) => ({
      name: String(at(pod, "metadata.name")),
      address: String(at(pod, "status.podIP")),
    }));
};

const ports: Readonly<Record<string, number>> = { agent: 9807, extender: 9808, provisioner: 9809 };

/** What a Pod of a program tells Prometheus. */
export const scrape = async (
  cluster: Cluster,
  program: string,
  { address }: ProgramPod,
): Promise<string> => {
  const forward = await cluster.forward({ host: address, port: ports[program] ?? 0 });
  try {
    return await (await fetch(`http://127.0.0.1:${forward.port}/metrics`)).text();
  } finally {
    await forward.close();
  }
};

/** A line of a program's log. */
export type LogLine = {
  readonly level: number;
  readonly time: number;
  readonly msg: string;
  readonly [key: string]: unknown;
};

/** A Pod's log. @throws SyntaxError for a line that is not JSON. */
export const logOf = async (cluster: Cluster, { name }: ProgramPod): Promise<LogLine[]> => {
  const text = await cluster.kubectl(["-n", "stowage-system", "logs", name, "--tail=-1"]);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as LogLine);
};
