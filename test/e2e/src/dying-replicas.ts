import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "@stowage/test-cluster";
import { patience } from "@stowage/test-cluster";
import { expect } from "vitest";
import { z } from "zod";
import { rolledOut } from "./rollout.ts";

/* The extender's replicas, as tests kill them. */

const system = (words: string): string[] => ["-n", "stowage-system", ...words.split(" ")];

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), creationTimestamp: z.string() }),
      spec: z.object({ nodeName: z.string().optional() }),
    }),
  ),
});

/** The replica that has lived longest, if there is one. */
const eldest = async (
  cluster: Cluster,
): Promise<{ readonly pod: string; readonly node: string } | undefined> => {
  const text = await cluster.kubectl(
    system(
      "get pods -l app.kubernetes.io/component=extender --field-selector=status.phase=Running -o json",
    ),
  );
  const [first] = podList
    .parse(JSON.parse(text))
    .items.toSorted((a, b) =>
      a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp),
    );
  return first?.spec.nodeName === undefined
    ? undefined
    : { pod: first.metadata.name, node: first.spec.nodeName };
};

/** SIGKILL to the program, and another pod in its place: a container that dies again and again waits. */
const killEldest = async (cluster: Cluster): Promise<"killed" | "nobody there"> => {
  const replica = await eldest(cluster);
  if (replica === undefined) return "nobody there";
  const { pod, node } = replica;
  await cluster
    .node(node)
    .exec(["sh", "-c", "kill -9 $(pgrep -f '[s]towage.[cm]js extender') || true"]);
  await cluster.kubectl(system(`delete pod ${pod} --grace-period=0 --force --ignore-not-found`));
  return "killed";
};

/** Between two kills. A slow machine takes longer over the work that is to be disturbed, too. */
const pauseMs = 1000 * patience;

const replicasReady = (cluster: Cluster): Promise<string> =>
  rolledOut(cluster, "deployment/stowage-extender");

/**
 * Does something while the extender's replicas are killed one after the other, each as soon as all
 * are there again. Afterwards they are.
 */
export const whileReplicasDie = async (
  cluster: Cluster,
  act: () => Promise<void>,
): Promise<void> => {
  const stopping = new AbortController();
  let kills = 0;
  const kill = async (): Promise<void> => {
    do {
      if ((await killEldest(cluster)) === "killed") kills += 1;
      await replicasReady(cluster);
      await sleep(pauseMs);
    } while (!stopping.signal.aborted);
  };
  const killing = kill();
  try {
    await act();
  } finally {
    stopping.abort();
    await killing;
  }
  expect(kills).toBeGreaterThan(0);
};
