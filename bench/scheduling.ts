import { setTimeout as sleep } from "node:timers/promises";
import { claims, pods } from "@stowage/api";
import { systemClock } from "@stowage/clock";
import type { KubeClient } from "@stowage/kube";
import { startInformer } from "@stowage/kube";
import { schedulerConfiguration, Simulated } from "../test/e2e/src/simulated.ts";
import { each, volumeGroup } from "../test/e2e/src/simulated-nodes.ts";
import { noLog, say } from "./cluster-client.ts";
import type { Parts } from "./main.ts";

/*
 * The real kube-scheduler and the real provisioner over simulated nodes: how many pods with a claim
 * are bound a second, with the extender and without it, in turns on one cluster. Half of all room is
 * asked for, so that without an exact answer a part of the placements has to be taken back.
 */

const podCount = 1000;
const turns = 4;
const patienceMs = 120_000;

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

/** From 1 to 3 GiB: half of all room is asked for by as many claims of 1 GiB as there are nodes. */
const roomOf = (index: number): string => `${1 + (index % 3)}Gi`;

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
      if (!object.metadata.name.startsWith(`${prefix}-`)) return;
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
    const seconds = (performance.now() - start) / 1000;
    // Those would be tried again in the next turn.
    const left = Array.from({ length: count }, (_, index) => name(index)).filter(
      (one) => !bound.has(one),
    );
    await each(left.length, async (index) => {
      const key = { namespace: "default", name: left[index] ?? "" };
      await client.delete(pods, key);
      await client.delete(claims, key);
    });
    return { seconds, pods: count - left.length, cleared };
  } finally {
    stopping.abort();
  }
};

const measure = async (nodes: number): Promise<Result> => {
  say(`a control plane with ${nodes} nodes`);
  await using simulated = await Simulated.up({ name: "bench-scheduling", nodes, roomOf });
  const { client, cluster } = simulated;
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
