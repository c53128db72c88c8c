import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { claims, csiStorageCapacities, pods, provisionerName, storageClasses } from "@stowage/api";
import { systemClock } from "@stowage/clock";
import type { KubeClient } from "@stowage/kube";
import { httpsTransport, loadCredentials, makeClient, startInformer } from "@stowage/kube";
import type { SchedulerConfiguration } from "@stowage/test-cluster";
import { Cluster } from "@stowage/test-cluster";
import { parse } from "yaml";
import { noLog, say } from "./cluster-client.ts";
import type { Parts } from "./main.ts";
import { extenderAddress, Programs } from "./scheduling/programs.ts";
import {
  each,
  makeNodes,
  namespace,
  startAgents,
  volumeGroup,
} from "./scheduling/simulated-nodes.ts";

/*
 * The real kube-scheduler and the real provisioner over simulated nodes: how many pods with a claim
 * are bound a second, with the extender and without it, in turns on one cluster. Half of all room is
 * asked for, so that without an exact answer a part of the placements has to be taken back.
 */

const podCount = 1000;
const turns = 4;
const patienceMs = 240_000;
const root = new URL("../", import.meta.url);

type Turn = {
  readonly seconds: number;
  readonly pods: number;
  /** How many times a claim lost the node that was chosen for it. */
  readonly cleared: number;
};

type Result = {
  readonly nodes: number;
  readonly pods: number;
  readonly podsPerSecond: number;
  readonly podsPerSecondWithout: number;
  readonly ratio: number;
  /** Cleared placements for each pod. */
  readonly cleared: number;
  readonly clearedWithout: number;
};

const quick = { clientConnection: { qps: 2000, burst: 4000 } };

/** deploy/scheduler/extender.yaml with the extender's address, or nothing of it. */
const schedulerConfiguration = async (
  extender: "with" | "without",
): Promise<SchedulerConfiguration> => {
  if (extender === "without") return quick;
  const text = await readFile(new URL("deploy/scheduler/extender.yaml", root), "utf8");
  const given = parse(text.replace("STOWAGE_EXTENDER", extenderAddress)) as object;
  return { ...given, ...quick };
};

const podOf = (name: string): object => ({
  metadata: { name, namespace: "default" },
  spec: {
    // Nobody takes the taint off that every new Node gets.
    tolerations: [{ operator: "Exists" }],
    containers: [{ name: "main", image: "none" }],
    volumes: [{ name: "data", persistentVolumeClaim: { claimName: name } }],
  },
});

const claimOf = (name: string): object => ({
  metadata: { name, namespace: "default" },
  spec: {
    storageClassName: volumeGroup,
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "1Gi" } },
  },
});

/** Makes pods with claims and waits until each has a node. */
const turn = async (client: KubeClient, prefix: string, count: number): Promise<Turn> => {
  const stopping = new AbortController();
  const edge = { client, clock: systemClock, random: Math.random, log: noLog };
  const selection = { namespace: "default" };
  const options = { ...edge, selection, signal: stopping.signal };
  const ofPods = startInformer({ ...options, resource: pods });
  const ofClaims = startInformer({ ...options, resource: claims });
  try {
    await Promise.all([ofPods, ofClaims].map((one) => one.synced(AbortSignal.timeout(patienceMs))));
    const bound = new Set<string>();
    let cleared = 0;
    const enough = Promise.withResolvers<void>();
    ofClaims.subscribe((change) => {
      if (change.kind !== "updated") return;
      const { object, previous } = change;
      if (previous.selectedNode !== undefined && object.selectedNode !== previous.selectedNode) {
        cleared += 1;
      }
    });
    const name = (index: number): string => `${prefix}-${index}`;
    await each(count, async (index) => void (await client.create(claims, claimOf(name(index)))));
    const start = performance.now();
    ofPods.subscribe(({ kind, object }) => {
      if (kind !== "updated" || object.nodeName === undefined) return;
      if (object.metadata.name.startsWith(`${prefix}-`)) bound.add(object.metadata.name);
      if (bound.size === count) enough.resolve();
    });
    await each(count, async (index) => void (await client.create(pods, podOf(name(index)))));
    await Promise.race([enough.promise, sleep(patienceMs, undefined, { ref: false })]);
    return { seconds: (performance.now() - start) / 1000, pods: bound.size, cleared };
  } finally {
    stopping.abort();
  }
};

const measure = async (count: number): Promise<Result> => {
  const cluster = await Cluster.up({
    name: "bench-scheduling",
    nodes: 0,
    scheduler: await schedulerConfiguration("without"),
    // Nodes that no kubelet speaks for stay as they are, and nothing waits for a limit of requests.
    controllerManagerFlags: [
      "--controllers=*,-node-lifecycle-controller,-taint-eviction-controller",
      "--kube-api-qps=2000",
      "--kube-api-burst=4000",
    ],
  });
  const stopping = new AbortController();
  const programs = await Programs.of(cluster);
  try {
    const client = await clientOf(cluster);
    await install(cluster, client);
    say(`making ${count} nodes`);
    await makeNodes(client, count);
    startAgents(client, stopping.signal);
    programs.start("provisioner");
    programs.start("extender");
    while (!(await programs.extenderReady())) await sleep(250);
    await capacityPublished(client, count);
    return await compare(cluster, client, count);
  } finally {
    stopping.abort();
    await programs.stop();
    await cluster.down();
  }
};

const clientOf = async (cluster: Cluster): Promise<KubeClient> =>
  makeClient({
    transport: httpsTransport(await loadCredentials({ kubeconfig: cluster.kubeconfig })),
    clock: systemClock,
    random: Math.random,
    log: noLog,
  });

/** What of Stowage's manifests is no program, and a class. */
const install = async (cluster: Cluster, client: KubeClient): Promise<void> => {
  await cluster.kubectl(["apply", "--server-side", "-f", fileURLToPath(new URL("crds", root))]);
  await cluster.kubectl(["create", "namespace", namespace]);
  const manifest = await readFile(new URL("deploy/manifests/20-provisioner.yaml", root), "utf8");
  const driver = manifest.split(/^---$/m).find((part) => /^kind: CSIDriver$/m.test(part));
  if (driver === undefined) throw new Error("the provisioner's manifest has no CSIDriver");
  await cluster.kubectl(["apply", "--server-side", "-f", "-"], { input: driver });
  await client.create(storageClasses, {
    metadata: { name: volumeGroup },
    provisioner: provisionerName,
    volumeBindingMode: "WaitForFirstConsumer",
    parameters: { volumeGroup },
  });
  await cluster.kubectl(
    "wait --for=create serviceaccount/default -n stowage-system --timeout=60s".split(" "),
  );
  await cluster.kubectl("wait --for=create serviceaccount/default --timeout=60s".split(" "));
};

/** Waits until the provisioner has published what there is room for on every node. */
const capacityPublished = async (client: KubeClient, count: number): Promise<void> => {
  for (;;) {
    const { items } = await client.list(csiStorageCapacities, { namespace });
    if (items.length >= count) return;
    await sleep(1000);
  }
};

const compare = async (cluster: Cluster, client: KubeClient, nodes: number): Promise<Result> => {
  const taken = { with: [] as Turn[], without: [] as Turn[] };
  for (let index = 0; index < turns; index += 1) {
    const extender = index % 2 === 0 ? "with" : "without";
    await cluster.controlPlane.restartScheduler(await schedulerConfiguration(extender));
    const one = await turn(client, `turn-${index}`, podCount / turns);
    say(`${extender} the extender: ${JSON.stringify(one)}`);
    taken[extender].push(one);
  }
  const rate = (list: readonly Turn[]): number => total(list, "pods") / total(list, "seconds");
  const clearedIn = (list: readonly Turn[]): number =>
    rounded(total(list, "cleared") / total(list, "pods"));
  return {
    nodes,
    pods: total(taken.with, "pods") + total(taken.without, "pods"),
    podsPerSecond: rounded(rate(taken.with)),
    podsPerSecondWithout: rounded(rate(taken.without)),
    ratio: rounded(rate(taken.with) / rate(taken.without)),
    cleared: clearedIn(taken.with),
    clearedWithout: clearedIn(taken.without),
  };
};

const total = (list: readonly Turn[], what: keyof Turn): number =>
  list.reduce((sum, one) => sum + one[what], 0);
const rounded = (value: number): number => Math.round(value * 1000) / 1000;

export const run = async ({ nodes }: Parts): Promise<object> => {
  const cases: Result[] = [];
  for (const count of nodes.length === 0 ? [1000, 5000] : nodes) cases.push(await measure(count));
  const last = cases.at(-1);
  return { ...last, cases };
};
