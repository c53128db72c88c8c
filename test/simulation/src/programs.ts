import { Metrics as AgentMetrics, Readiness, startAgent } from "@stowage/agent";
import { plainHost } from "@stowage/agent/testing";
import { seconds } from "@stowage/clock";
import { Cluster, Extender, readCall, startCaches } from "@stowage/extender";
import type { Log } from "@stowage/kube";
import { makeClient } from "@stowage/kube";
import { makeRunner } from "@stowage/lvm";
import { Metrics, readSettings as readProvisionerSettings, runReplica } from "@stowage/provisioner";
import type { Host } from "./host.ts";
import type { Life } from "./life.ts";
import type { Network } from "./network.ts";
import type { Random } from "./random.ts";
import type { Story } from "./story.ts";

/** Where Stowage is installed. */
export const namespace = "stowage-system";

type Site = { readonly network: Network; readonly random: Random; readonly story: Story };

const ignore = (): void => undefined;

const edgeOf = (life: Life, { network, random, story }: Site) => {
  const { clock, name } = life;
  const loud = (fields: object, message: string): void =>
    story.tell(name, () => `logs: ${message} ${shown(fields)}`);
  const log: Log = { debug: ignore, info: ignore, warn: loud, error: loud };
  // No two lives of a program draw the same.
  const chance = random.fork(`${name} from ${clock.moment()}`).next;
  const transport = network.transportOf(life);
  const client = makeClient({ transport, clock, random: chance, log });
  return { transport, client, clock, random: chance, log };
};

const shown = (fields: object): string =>
  Object.entries(fields)
    .map(([key, value]) => `${key}=${value instanceof Error ? value.message : String(value)}`)
    .join(" ")
    .slice(0, 300);

/** The agent as its Pod runs it, on a host; `readiness` is what the kubelet probes. */
export const runAgentOn = async (
  host: Host,
  life: Life,
  signal: AbortSignal,
  site: Site,
  probe: (whyNot: () => string | undefined) => void,
): Promise<void> => {
  const edge = edgeOf(life, site);
  const scanPeriod = seconds(60);
  const readiness = new Readiness(edge.clock, scanPeriod);
  const run = makeRunner({ start: host.startFor(life), clock: edge.clock, observe: ignore });
  const metrics = new AgentMetrics();
  const agent = startAgent(
    { ...edge, run, metrics, readiness, host: async () => plainHost },
    { nodeName: host.name, scanPeriod, settleTime: seconds(300) },
    signal,
  );
  probe(() => readiness.whyNot(agent.names()));
  await agent.ended;
};

export const runProvisionerReplica = async (
  life: Life,
  signal: AbortSignal,
  site: Site,
): Promise<void> => {
  const edge = edgeOf(life, site);
  const metrics = new Metrics(edge.clock);
  await runReplica(
    { ...edge, metrics, ready: ignore },
    readProvisionerSettings({ POD_NAMESPACE: namespace, POD_NAME: life.name }),
    signal,
  );
};

/** What kube-scheduler sees of an extender. */
export type Asked = {
  /** The nodes that pass. @throws Error with which the call fails. */
  readonly filter: (body: Buffer) => readonly string[];
  /** By node. */
  readonly prioritize: (body: Buffer) => ReadonlyMap<string, number>;
};

export const runExtenderReplica = async (
  life: Life,
  signal: AbortSignal,
  site: Site,
  serve: (asked: Asked) => void,
): Promise<void> => {
  const edge = edgeOf(life, site);
  const cluster = new Cluster();
  const freshness = startCaches({
    ...edge,
    cluster,
    signal,
    namespace,
    agentSelector: "app.kubernetes.io/name=stowage,app.kubernetes.io/component=agent",
  });
  const extender = new Extender({
    cluster,
    clock: edge.clock,
    freshness,
    staleLimit: seconds(60),
    promiseLifetime: seconds(5),
    strategy: "spread",
  });
  serve({
    filter: (body) => {
      const { refused, verdicts } = extender.filter(readCall(body, cluster.seats));
      return namesIn(body).filter((_, place) => refused === 0 || verdicts[place] === 0);
    },
    prioritize: (body) => {
      const scores = extender.prioritize(readCall(body, cluster.seats));
      return new Map(namesIn(body).map((name, place) => [name, scores[place] ?? 0]));
    },
  });
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
};

const namesIn = (body: Buffer): string[] =>
  (JSON.parse(body.toString()) as { readonly NodeNames: string[] }).NodeNames;
