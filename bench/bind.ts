import type { Claim } from "@stowage/api";
import {
  annotations,
  claims,
  nodeLocalStorages,
  persistentVolumes,
  provisionerName,
  volumeNameOf,
} from "@stowage/api";
import { systemClock } from "@stowage/clock";
import type { Informer, KubeClient } from "@stowage/kube";
import { startInformer } from "@stowage/kube";
import { floorProvisioner, startFloor } from "./bind/floor.ts";
import { longestShare, lvmSpans } from "./bind/lvm-spans.ts";
import { requestsSince } from "./bind/requests.ts";
import { spread } from "./bind/spread.ts";
import { Stages } from "./bind/stages.ts";
import { attach, noLog, say } from "./cluster-client.ts";

/*
 * From the selected-node annotation to a bound claim, on a running cluster with Stowage in it (`make
 * cluster`). In the same run: a provisioner that only makes a PersistentVolume at once (the floor),
 * and what of the time the agent spent in LVM. Needs two nodes with an empty first disk each.
 */

const namespace = "default";
const className = "bench";
const nodes = ["n1", "n2"] as const;

const storageClass = (name: string, provisioner: string, parameters: object): object => ({
  metadata: { name },
  provisioner,
  volumeBindingMode: "WaitForFirstConsumer",
  parameters,
});

const claimOf = (name: string, storageClassName: string): object => ({
  metadata: { name, namespace },
  spec: {
    storageClassName,
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "64Mi" } },
  },
});

const plainClasses = {
  group: "storage.k8s.io",
  version: "v1",
  plural: "storageclasses",
  kind: "StorageClass",
  scope: "cluster",
  parse: (object: unknown) => object,
} as const;

/** Resolves when the claim's state is as wanted, as the informer tells it. */
const seen = (
  informer: Informer<Claim>,
  isWanted: (claim: Claim | undefined) => boolean,
  name: string,
): Promise<void> =>
  new Promise((resolve) => {
    const key = `${namespace}/${name}`;
    const look = (): boolean => isWanted(informer.get(key));
    if (look()) {
      resolve();
      return;
    }
    const unsubscribe = informer.subscribe(({ object }) => {
      if (object.metadata.name !== name || !look()) return;
      unsubscribe();
      resolve();
    });
  });

/** Chooses a node for the claim, as the scheduler would, and measures until it is bound. */
const bind = async (
  client: KubeClient,
  informer: Informer<Claim>,
  name: string,
  node: string,
): Promise<number> => {
  const start = performance.now();
  await client.patch(
    claims,
    { name, namespace },
    {
      kind: "merge",
      body: { metadata: { annotations: { [annotations.selectedNode]: node } } },
    },
  );
  await seen(informer, (claim) => claim !== undefined && claim.spec.volumeName !== "", name);
  return performance.now() - start;
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
  const informer = startInformer({ ...common, resource: claims });
  startFloor(client, informer);
  const groupInformer = startInformer({ ...common, resource: nodeLocalStorages });
  const volumeInformer = startInformer({ ...common, resource: persistentVolumes });
  for (const each of [informer, groupInformer, volumeInformer]) {
    await each.synced(AbortSignal.timeout(30_000));
  }
  const stages = new Stages(groupInformer, volumeInformer);

  const groups = JSON.stringify(nodes.map((node) => ({ node, devices: ["/dev/ubdb"] })));
  await client.create(
    plainClasses,
    storageClass(className, provisionerName, { volumeGroup: className, nodes: groups }),
  );
  await client.create(plainClasses, storageClass("bench-floor", floorProvisioner, {}));
  for (const node of nodes) {
    await cluster.kubectl(["wait", "--for=create", `nls/${node}.${className}`, "--timeout=60s"]);
    await cluster.kubectl(["wait", "--for=condition=Ready", `nls/${node}.${className}`]);
  }

  const sequence = async (prefix: string, storageClassName: string, count: number) => {
    const times: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const name = `${prefix}-${index}`;
      await client.create(claims, claimOf(name, storageClassName));
      times.push(await bind(client, informer, name, nodes[index % 2] ?? "n1"));
    }
    return spread(times);
  };
  const burst = async (prefix: string, storageClassName: string, count: number) => {
    const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
    for (const name of names) await client.create(claims, claimOf(name, storageClassName));
    const began = performance.now();
    const times = await Promise.all(
      names.map((name, index) => bind(client, informer, name, nodes[index % 2] ?? "n1")),
    );
    return { began, ...spread(times) };
  };
  const remove = async (names: readonly string[]): Promise<number[]> => {
    const volumes = new Map(
      names.map((name) => [name, informer.get(`${namespace}/${name}`)?.spec.volumeName ?? ""]),
    );
    return Promise.all(
      names.map(async (name) => {
        const start = performance.now();
        await client.delete(claims, { name, namespace });
        while (
          (await client.find(persistentVolumes, { name: volumes.get(name) ?? "" })) !== undefined
        ) {
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
        return performance.now() - start;
      }),
    );
  };

  say("20 claims, one after another, of the floor and of Stowage");
  const floor = await sequence("floor-seq", "bench-floor", 20);
  const countRequests = await requestsSince(cluster);
  const single = await sequence("seq", className, 20);
  const requests = await countRequests(20);
  const spans = await lvmSpans(cluster, className);
  const lvm = spread(spans.map(({ durationMs }) => durationMs));
  say("50 claims at once, of the floor and of Stowage");
  const floorBurst = await burst("floor-burst", "bench-floor", 50);
  const many = await burst("burst", className, 50);
  const burstVolumes = [...informer.list()]
    .filter(({ metadata }) => metadata.name.startsWith("burst-"))
    .map(({ metadata }) => volumeNameOf(metadata.uid));
  const reached = stages.since(many.began, burstVolumes);
  const inBurst = new Set(burstVolumes);
  const burstSpans = (await lvmSpans(cluster, className)).filter(({ volume }) =>
    inBurst.has(volume),
  );
  const burstLvmMs = longestShare(burstSpans);
  say("50 deleted at once");
  const namesOf = (pattern: RegExp): string[] =>
    [...informer.list()].map(({ metadata }) => metadata.name).filter((name) => pattern.test(name));
  const removal = spread(await remove(namesOf(/^burst-/)));
  await remove(namesOf(/^seq-/));
  for (const name of namesOf(/^floor-/)) {
    const volume = informer.get(`${namespace}/${name}`)?.spec.volumeName ?? "";
    await client.delete(claims, { name, namespace });
    await client.delete(persistentVolumes, { name: volume });
  }

  await cluster.kubectl(["delete", "storageclass", className, "bench-floor"]);
  await cluster.kubectl(["delete", "nls", ...nodes.map((node) => `${node}.${className}`)]);
  for (const node of nodes) {
    await cluster
      .node(node)
      .exec(["sh", "-c", `vgremove --force --yes ${className} && pvremove --yes /dev/ubdb`]);
  }
  stopping.abort();
  return {
    p50Ms: single.p50,
    p95Ms: single.p95,
    burstP50Ms: many.p50,
    burstP95Ms: many.p95,
    lvmP50Ms: lvm.p50,
    floorP50Ms: floor.p50,
    burstFloorP95Ms: floorBurst.p95,
    // What LVM alone needs on the node that has most to do, and how far all have come by when.
    burstLvmMs,
    burstLvmP50Ms: spread(burstSpans.map(({ durationMs }) => durationMs)).p50,
    burstOverFloorPerLvm: Number(((many.p95 - floorBurst.p95) / burstLvmMs).toFixed(2)),
    burstReservedP95Ms: reached.reserved,
    burstReadyP95Ms: reached.ready,
    burstVolumeP95Ms: reached.volume,
    overheadP50Ms: Math.round(single.p50 - floor.p50 - lvm.p50),
    ...requests,
    removeBurstP95Ms: removal.p95,
  };
};
