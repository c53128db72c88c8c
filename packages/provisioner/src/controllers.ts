import type { Claim, Node } from "@stowage/api";
import { claimUidOf, provisionerName, volumeNameOf } from "@stowage/api";
import type { Clock, Moment, Milliseconds } from "@stowage/clock";
import { milliseconds, seconds } from "@stowage/clock";
import type { EventRecorder, KubeClient, Log } from "@stowage/kube";
import { WorkQueue } from "@stowage/kube";
import { Attempts } from "./attempts.ts";
import type { Caches } from "./caches.ts";
import { CapacityPublisher } from "./capacity-publisher.ts";
import { Expansions } from "./expansion.ts";
import { LedgerWriter } from "./ledger-writer.ts";
import { LostNodes } from "./lost-node.ts";
import type { Metrics } from "./metrics.ts";
import { NodeStates } from "./node-states.ts";
import { PodIndex } from "./pod-index.ts";
import { PodWaker } from "./pod-waker.ts";
import { reconcileClass } from "./reconcile-class.ts";
import { reconcileVolume } from "./reconcile-volume.ts";
import { Tombstones } from "./tombstones.ts";
import { VolumeIndex } from "./volume-index.ts";

/** Volumes in work at once: they mostly wait for the API server. */
const concurrency = 32;

const backoff: { readonly first: Milliseconds; readonly max: Milliseconds } = {
  first: milliseconds(200),
  max: seconds(60),
};

/**
 * Runs the provisioner's loops, volumes, expansions, classes, published capacity and
 * pods that wait, until `signal`
 * aborts. Started anew each time this replica becomes the leader: nothing but the API server's objects outlives a term.
 */
export const runControllers = async (options: {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly caches: Caches;
  readonly events: EventRecorder;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
  readonly namespace: string;
}): Promise<void> => {
  const { client, clock, random, log, caches, events, metrics, signal, namespace } = options;
  const volumes = new WorkQueue({ clock, random, log, backoff });
  const classes = new WorkQueue({ clock, random, log, backoff });
  const capacities = new WorkQueue({ clock, random, log, backoff });
  const claimsByUid = new Map<string, Claim>();
  const index = new VolumeIndex();
  const pods = new PodIndex();
  const nodeStates = new NodeStates(clock, caches.nodes);
  const ledger = new LedgerWriter({
    client: metrics.countPatches(client),
    clock,
    log,
    signal,
    cached: (name) => caches.groups.get(name),
    judged: caches.groups.judged,
  });

  const publisher = new CapacityPublisher({
    client,
    clock,
    caches,
    namespace,
    queue: capacities,
    group: (name) => ledger.get(name),
  });

  const expansions = new Expansions({
    client,
    clock,
    random,
    log,
    caches,
    events,
    ledger,
    metrics,
    nodeStates,
  });

  const waker = new PodWaker({
    client,
    clock,
    random,
    log,
    caches,
    pods,
    nodeStates,
    namespace,
    group: (name) => ledger.get(name),
  });

  const lostNodes = new LostNodes({ client, clock, random, log, caches, events, volumes });

  /** All claims that may be waiting for something that just changed. */
  const addUnbound = (concerns: (claim: Claim) => boolean): void => {
    for (const claim of claimsByUid.values()) {
      if (claim.spec.volumeName === "" && concerns(claim)) {
        volumes.add(volumeNameOf(claim.metadata.uid));
      }
    }
  };

  const isFor =
    (nodeName: string | undefined) =>
    (claim: Claim): boolean =>
      (claim.selectedNode ?? pods.pinOf(claim)) === nodeName;

  // Each subscription begins with all that is known, and every object comes by its own then. To ask of
  // each what it means for the others would take the time of nodes x groups, and the lease with it.
  let phase: "replay" | "live" = "replay";
  const subscriptions = [
    // First: what becomes of a claim depends on the pods that are known by then.
    caches.pendingPods.subscribe((change) => {
      for (const key of pods.apply(change)) {
        const claim = caches.claims.get(key);
        if (claim?.spec.volumeName !== "") continue;
        volumes.add(volumeNameOf(claim.metadata.uid));
        waker.seePodOf(claim);
      }
    }),
    caches.claims.subscribe((change) => {
      const { kind, object } = change;
      waker.seeClaim(change);
      if (kind === "deleted") claimsByUid.delete(object.metadata.uid);
      else claimsByUid.set(object.metadata.uid, object);
      const { storageClassName = "" } = object.spec;
      const isOurs =
        object.storageProvisioner === provisionerName ||
        caches.storageClasses.get(storageClassName)?.provisioner === provisionerName ||
        [...index.groupsOf(volumeNameOf(object.metadata.uid))].length > 0;
      if (isOurs) volumes.add(volumeNameOf(object.metadata.uid));
    }),
    caches.persistentVolumes.subscribe(({ object }) => {
      const { name } = object.metadata;
      // One that somebody else made under our name keeps its claim waiting until it goes.
      const isOurs =
        object.provisionedBy === provisionerName || claimsByUid.has(claimUidOf(name) ?? "");
      if (isOurs) volumes.add(name);
    }),
    caches.groups.subscribe((change) => {
      for (const volume of index.apply(change)) volumes.add(volume);
      publisher.seeGroup(change.object);
      if (phase === "replay" || change.kind === "updated") return;
      const { metadata: group, spec } = change.object;
      // One that was made anew lacks the entries of the volumes that were handed out.
      for (const { metadata, group: home } of caches.persistentVolumes.list()) {
        if (home === group.name) volumes.add(metadata.name);
      }
      addUnbound(isFor(spec.nodeName));
      for (const { metadata } of caches.storageClasses.list()) classes.add(metadata.name);
    }),
    caches.nodes.subscribe((change) => {
      // Labels decide where classes may go; a Node's other changes are heartbeats.
      if (change.kind === "updated" && sameLabels(change.object, change.previous)) return;
      if (phase === "replay") return;
      publisher.seeNode(change.object);
      addUnbound(isFor(change.object.metadata.name));
    }),
    caches.agentPods.subscribe((change) => {
      nodeStates.apply(change);
      waker.seeAgent(change);
      if (phase === "live") addUnbound(isFor(change.object.nodeName));
    }),
    caches.storageClasses.subscribe(({ object }) => {
      classes.add(object.metadata.name);
      publisher.seeClass(object);
      for (const claim of claimsByUid.values()) {
        if (claim.spec.storageClassName === object.metadata.name) {
          waker.seeClaim({ kind: "added", object: claim });
        }
      }
      addUnbound((claim) => claim.spec.storageClassName === object.metadata.name);
    }),
    // Last: what is published is judged by the classes and groups that are known by then.
    caches.capacities.subscribe(({ object }) => publisher.seePublished(object)),
  ];
  phase = "live";

  const memory = {
    promisedSince: new Map<string, Moment>(),
    progress: new Map<string, string>(),
    placedSince: new Map<string, Moment>(),
    forsaken: new Map<string, string>(),
    tombstones: new Tombstones(),
  };
  const edge = {
    client,
    clock,
    caches,
    index,
    nodeStates,
    ledger,
    events,
    metrics,
    log,
    pods,
    attempts: new Attempts(
      clock,
      [...caches.claims.list()]
        .filter(({ spec }) => spec.volumeName === "")
        .map(({ metadata }) => volumeNameOf(metadata.uid)),
    ),
    busy: new Set<string>(),
    memory,
    wake: (volume: string) => volumes.add(volume),
    forsake: (volume: string, why: string) => {
      memory.forsaken.set(volume, why);
      volumes.add(volume);
    },
    claimByUid: (uid: string) => claimsByUid.get(uid),
    storageClass: (name: string) => caches.storageClasses.get(name),
    publishCapacity: (group: string) => publisher.publishNow(group),
  };
  metrics.lead("leading", {
    volumes,
    expansions: expansions.queue,
    classes,
    capacities,
    wakes: waker.queue,
  });
  try {
    await Promise.all([
      volumes.run((name, running) => reconcileVolume(name, edge, running), { concurrency, signal }),
      expansions.run(signal),
      lostNodes.run(signal),
      classes.run((name) => reconcileClass(name, { client, caches, events, log }), {
        concurrency: 1,
        signal,
      }),
      waker.queue.run((name) => waker.reconcile(name), { concurrency: 1, signal }),
      capacities.run((name) => publisher.reconcile(name), { concurrency: 4, signal }),
    ]);
  } finally {
    metrics.lead("waiting", {});
    for (const unsubscribe of subscriptions) unsubscribe();
  }
};

const sameLabels = (a: Node, b: Node): boolean =>
  JSON.stringify(a.metadata.labels) === JSON.stringify(b.metadata.labels);
