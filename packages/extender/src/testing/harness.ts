import type {
  Claim,
  Node,
  NodeLocalStorage,
  PersistentVolume,
  Pod,
  StorageClass,
} from "@stowage/api";
import type { Bytes, Strategy } from "@stowage/capacity";
import { mib } from "@stowage/capacity";
import { seconds, VirtualClock } from "@stowage/clock";
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import { readPod } from "../asked-pod.ts";
import { adoptionOf, agentOf, claimOf, nodeOf, storageOf } from "../cached.ts";
import { Buffers } from "../buffers.ts";
import { Cluster } from "../cluster.ts";
import { Extender } from "../extender.ts";
import type { Freshness } from "../freshness.ts";
import { Metrics } from "../metrics.ts";
import type { FilterResult, HostPriority } from "../answers.ts";
import { makeServer } from "../server.ts";
import type { TlsFiles } from "../tls.ts";
import { agentPod, node, storage, storageClass } from "./objects.ts";

export type World = {
  readonly clock: VirtualClock;
  readonly cluster: Cluster;
  readonly extender: Extender;
  readonly app: FastifyInstance;
  /** What the caches say of themselves from now on. */
  freshness: Freshness;
  /** Pods that /explain finds, by namespace/name. */
  readonly pods: Map<string, object>;
};

const silent = (): void => undefined;

/** An extender whose app never listens, over a cluster that only the test changes. */
export const makeWorld = (
  options: { strategy?: Strategy; bodyLimit?: Bytes; tls?: TlsFiles } = {},
): World => {
  const clock = new VirtualClock();
  const cluster = new Cluster();
  const pods = new Map<string, object>();
  const extender = new Extender({
    cluster,
    clock,
    freshness: () => world.freshness,
    staleLimit: seconds(60),
    promiseLifetime: seconds(5),
    strategy: options.strategy ?? "spread",
  });
  const app = makeServer({
    extender,
    metrics: new Metrics(extender),
    buffers: new Buffers(),
    log: { debug: silent, info: silent, warn: silent, error: silent },
    findPod: async ({ namespace, name }) => {
      const pod = pods.get(`${namespace}/${name}`);
      return pod === undefined ? undefined : readPod(pod);
    },
    bodyLimit: options.bodyLimit ?? mib(1),
    requestTimeout: seconds(30),
    tls: options.tls,
  });
  const world: World = { clock, cluster, extender, app, pods, freshness: { kind: "live" } };
  return world;
};

export type Things = {
  readonly storages?: readonly NodeLocalStorage[];
  readonly classes?: readonly StorageClass[];
  readonly claims?: readonly Claim[];
  readonly adopted?: readonly PersistentVolume[];
  readonly nodes?: readonly Node[];
  readonly agents?: readonly Pod[];
};

/** The informers tell of these. */
export const see = ({ cluster }: Pick<World, "cluster">, things: Things): void => {
  const kind = "seen";
  for (const one of things.storages ?? []) cluster.seeStorage({ kind, object: storageOf(one) });
  for (const object of things.classes ?? []) cluster.seeClass({ kind, object });
  for (const one of things.claims ?? []) cluster.seeClaim({ kind, object: claimOf(one) });
  for (const one of things.adopted ?? []) cluster.seeAdoption({ kind, object: adoptionOf(one) });
  for (const one of things.nodes ?? []) cluster.seeNode({ kind, object: nodeOf(one) });
  for (const one of things.agents ?? []) cluster.seeAgent({ kind, object: agentOf(one) });
};

/** Nodes of 10 GiB in group "fast", with ready agents, and class "fast". */
export const seeNodes = (world: Pick<World, "cluster">, ...names: readonly string[]): void =>
  see(world, {
    classes: [storageClass({})],
    nodes: names.map((name) => node(name)),
    agents: names.map((name) => agentPod(name)),
    storages: names.map((name) => storage({ node: name })),
  });

export const post = (
  { app }: Pick<World, "app">,
  url: "/filter" | "/prioritize",
  body: object,
): Promise<LightMyRequestResponse> => app.inject({ method: "POST", url, payload: body });

export const filter = async (
  world: Pick<World, "app">,
  pod: object,
  nodeNames: readonly string[],
): Promise<FilterResult> =>
  (await post(world, "/filter", { Pod: pod, Nodes: null, NodeNames: nodeNames })).json();

export const prioritize = async (
  world: Pick<World, "app">,
  pod: object,
  nodeNames: readonly string[],
): Promise<HostPriority[]> =>
  (await post(world, "/prioritize", { Pod: pod, Nodes: null, NodeNames: nodeNames })).json();
