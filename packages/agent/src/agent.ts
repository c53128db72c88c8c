import type { NodeLocalStorage } from "@stowage/api";
import { keyOf, nodeLocalStorages } from "@stowage/api";
import type { Clock, Milliseconds } from "@stowage/clock";
import type { KubeClient, Log } from "@stowage/kube";
import { startInformer, WorkQueue } from "@stowage/kube";
import type { LvmRunner } from "@stowage/lvm";
import type { HostSeen } from "./host.ts";
import type { Metrics } from "./metrics.ts";
import type { Look, Readiness } from "./readiness.ts";
import { makeReconciler } from "./reconcile.ts";
import { writeStatus } from "./write-status.ts";

/** One worker for each group: one that hangs never keeps another waiting. */
const concurrency = 64;

export type AgentEdge = {
  readonly client: KubeClient;
  readonly run: LvmRunner;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly host: () => Promise<HostSeen>;
  readonly metrics: Pick<
    Metrics,
    "setGroup" | "forgetGroup" | "observeOperation" | "watchRestarted" | "follow"
  >;
  readonly readiness: Readiness;
};

export type Agent = {
  /** Names of the objects that are this agent's. */
  readonly names: () => Iterable<string>;
  /** Resolves once the signal has aborted and no command waits any more. */
  readonly ended: Promise<void>;
};

/** Keeps every volume group of a node as its NodeLocalStorages say, until `signal` aborts. */
export const startAgent = (
  edge: AgentEdge,
  options: {
    readonly nodeName: string;
    readonly scanPeriod: Milliseconds;
    readonly settleTime: Milliseconds;
  },
  signal: AbortSignal,
): Agent => {
  const { client, clock, random, log, metrics, readiness } = edge;
  const informer = startInformer({
    client,
    resource: nodeLocalStorages,
    selection: { fieldSelector: `spec.nodeName=${options.nodeName}` },
    clock,
    random,
    log,
    signal,
    lostTouch: metrics.watchRestarted,
  });
  const queue = new WorkQueue({ clock, random, log });
  metrics.follow(queue);
  const reconcile = makeReconciler({
    ...edge,
    ...options,
    find: (name) => informer.get(name),
    wake: (name) => queue.add(name),
    observe: metrics.observeOperation,
    report: (object, status) => writeStatus(client, object, status),
    reported: (object) => {
      metrics.setGroup(object);
      readiness.reported(object.metadata.name, lookOf(object));
    },
  });
  informer.subscribe((change) => {
    const name = keyOf(change.object);
    if (change.kind === "deleted") {
      metrics.forgetGroup(name);
      readiness.forget(name);
    }
    queue.add(name);
  });
  const work = async (): Promise<void> => {
    await informer.synced(signal);
    readiness.watching();
    await queue.run(reconcile, { concurrency, signal });
  };
  return {
    names: function* () {
      for (const object of informer.list()) yield keyOf(object);
    },
    ended: work(),
  };
};

/** Whether the report rests on a look at the node. */
const lookOf = ({ status }: NodeLocalStorage): Look =>
  status.conditions.some(({ type, reason }) => type === "Ready" && reason === "ScanFailed")
    ? "failed"
    : "succeeded";
