import { setTimeout as sleep } from "node:timers/promises";
import {
  claims,
  claimsWithStatus,
  nodeLocalStorages,
  persistentVolumes,
  provisionerName,
} from "@stowage/api";
import { systemClock } from "@stowage/clock";
import type { KubeClient } from "@stowage/kube";
import { startInformer } from "@stowage/kube";
import type { Cluster } from "@stowage/test-cluster";
import { BenchClaims, namesOf } from "./bind/claims.ts";
import { floorClass, floorProvisioner, startFloor } from "./bind/floor.ts";
import { longestShare, lvmSpans } from "./bind/lvm-spans.ts";
import { classOf, namespace, plainClasses } from "./bind/objects.ts";
import { perClaim, RequestCount } from "./bind/requests.ts";
import { spread } from "./bind/spread.ts";
import { Stages } from "./bind/stages.ts";
import { attach, noLog, say } from "./cluster-client.ts";

/*
 * From the selected-node annotation to a bound claim, on a running cluster with Stowage in it (`make
 * cluster`). In the same run: a provisioner that only makes a PersistentVolume at once (the floor),
 * and what of the time the agents spent in LVM. Needs two nodes with an empty first disk each.
 */

const className = "bench";
const nodes = ["n1", "n2"] as const;
const sequential = 20;
const atOnce = 50;

/** Between two bursts: kube-controller-manager's limits of requests have recovered by then. */
const restMs = 3000;

/** What is written with others' writes, or coalesced, is written by then: 20 s and a minute. */
const settlingMs = 65_000;

const makeGroups = async (cluster: Cluster, client: KubeClient): Promise<void> => {
  const groups = JSON.stringify(nodes.map((node) => ({ node, devices: ["/dev/ubdb"] })));
  const parameters = { volumeGroup: className, nodes: groups };
  await client.create(plainClasses, classOf(className, provisionerName, parameters));
  await client.create(plainClasses, classOf(floorClass, floorProvisioner, {}));
  for (const node of nodes) {
    await cluster.kubectl(["wait", "--for=create", `nls/${node}.${className}`, "--timeout=60s"]);
    await cluster.kubectl(["wait", "--for=condition=Ready", `nls/${node}.${className}`]);
  }
};

const removeGroups = async (cluster: Cluster): Promise<void> => {
  await cluster.kubectl(["delete", "storageclass", className, floorClass]);
  await cluster.kubectl(["delete", "nls", ...nodes.map((node) => `${node}.${className}`)]);
  for (const node of nodes) {
    await cluster
      .node(node)
      .exec(["sh", "-c", `vgremove --force --yes ${className} && pvremove --yes /dev/ubdb`]);
  }
};

export const run = async (): Promise<object> => {
  const { cluster, client } = await attach();
  const stopping = new AbortController();
  const common = {
    client,
    clock: systemClock,
    random: Math.random,
    log: noLog,
    signal: stopping.signal,
  };
  const claimInformer = startInformer({ ...common, resource: claimsWithStatus });
  const groupInformer = startInformer({ ...common, resource: nodeLocalStorages });
  const volumeInformer = startInformer({ ...common, resource: persistentVolumes });
  for (const each of [claimInformer, groupInformer, volumeInformer]) {
    await each.synced(AbortSignal.timeout(30_000));
  }
  startFloor(client, claimInformer);
  const stages = new Stages(groupInformer, volumeInformer);
  const made = new BenchClaims({
    client,
    nodes,
    claims: claimInformer,
    volumes: volumeInformer,
  });
  const requests = await RequestCount.begin(cluster, client);
  await makeGroups(cluster, client);

  say(`${sequential} claims, one after another, of the floor and of Stowage`);
  const floor = await made.sequence("floor-seq", floorClass, sequential);
  const before = await requests.now();
  if (before.writes === 0) throw new Error("the API server does not count Stowage's requests");
  const single = await made.sequence("seq", className, sequential);
  const bound = await requests.now();
  const spans = await lvmSpans(cluster, className);
  const lvm = spread(spans.map(({ durationMs }) => durationMs));
  say(`the stages of each: ${JSON.stringify(stages.since(single.began))}`);
  say(`each as it is bound: ${JSON.stringify(perClaim(before, bound, sequential))}`);
  await sleep(restMs);

  say(`${atOnce} claims at once, of the floor and of Stowage`);
  const floorBurst = await made.burst("floor-burst", floorClass, atOnce);
  await sleep(restMs);
  const many = await made.burst("burst", className, atOnce);
  const burstSpans = (await lvmSpans(cluster, className)).filter(({ volume }) =>
    many.began.has(volume),
  );
  const share = longestShare(burstSpans);
  const over = many.p95 - floorBurst.p95;
  say(
    `LVM alone needs ${share} ms for one node's share; ${over} ms over the floor are ${(over / share).toFixed(2)} times that`,
  );
  say(`the stages of the burst: ${JSON.stringify(stages.since(many.began))}`);
  say("waiting for what is written later");
  await sleep(settlingMs);
  const settled = await requests.now();

  say(`${atOnce} deleted at once`);
  const removal = await made.remove("burst", atOnce);
  await made.remove("seq", sequential);
  for (const name of [...namesOf("floor-seq", sequential), ...namesOf("floor-burst", atOnce)]) {
    const volume = made.volumeOf(name);
    await client.delete(claims, { name, namespace });
    await client.delete(persistentVolumes, { name: volume });
  }
  await removeGroups(cluster);
  await requests.end();
  stopping.abort();
  return {
    p50Ms: single.p50,
    p95Ms: single.p95,
    burstP50Ms: many.p50,
    burstP95Ms: many.p95,
    lvmP50Ms: lvm.p50,
    floorP50Ms: floor.p50,
    burstFloorP95Ms: floorBurst.p95,
    overheadP50Ms: single.p50 - floor.p50 - lvm.p50,
    // Of all these claims, with what was written after the last of them was bound.
    ...perClaim(before, settled, sequential + atOnce),
    removeBurstP95Ms: removal.p95,
  };
};
