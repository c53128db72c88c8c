import type { NodeLocalStorage } from "@stowage/api";
import { isDeleting, nodeLocalStorageName } from "@stowage/api";
import { elapsed, seconds } from "@stowage/clock";
import type { Next, Reconcile } from "@stowage/kube";
import { done } from "@stowage/kube";
import { LvmError } from "@stowage/lvm";
import { act, roundLength } from "./act.ts";
import type { Edge } from "./edge.ts";
import type { Group } from "./group.ts";
import { forgetWhatIsOver, memoryOf, newGroup, takeOver } from "./group.ts";
import { judge, needsFreshLook } from "./judge.ts";
import { currentObservation } from "./look.ts";
import { nextLook } from "./next-look.ts";
import { keyOfAction, planGroup } from "./plan.ts";
import type { Unjudged } from "./report-status.ts";
import { newest, report, reportFailedScan } from "./report-status.ts";
import { scanFailure, statusOf } from "./status.ts";

/** A refusal is only ever made on a look at most this old. */
const freshFor = seconds(2);

/**
 * Brings one NodeLocalStorage's group to what its spec says, and its status to what is.
 * Key in, the time of the next look out; throws what kept the status from being written.
 */
export const makeReconciler = (edge: Edge): Reconcile => {
  const groups = new Map<string, Group>();
  return async (name, signal) => {
    const object = edge.find(name);
    if (object === undefined || isDeleting(object) || object.spec.nodeName !== edge.nodeName) {
      // Absence never deletes: what is on the disks stays as it is.
      groups.delete(name);
      return done;
    }
    const group = groups.get(name) ?? newGroup(edge, name, object);
    groups.set(name, group);
    if (group.uid !== object.metadata.uid) takeOver(group, object);
    try {
      return await reconcileGroup(edge, name, group, signal);
    } catch (error) {
      if (!(error instanceof LvmError)) throw error;
      return reportFailedScan(edge, name, group, scanFailure(error));
    }
  };
};

const reconcileGroup = async (
  edge: Edge,
  name: string,
  group: Group,
  signal: AbortSignal,
): Promise<Next> => {
  let reportedAt = edge.clock.now();
  for (;;) {
    signal.throwIfAborted();
    // Read anew in each round: what was wished for meanwhile counts at once, removals first.
    const object = newest(edge, name, group);
    if (object === undefined) return done;
    const misnamed = misnaming(object);
    if (misnamed !== undefined) return reportFailedScan(edge, name, group, misnamed);

    const observation = await currentObservation(edge, object, group);
    const judgement = judge(object.spec, observation, memoryOf(object, group));
    group.recovery.see(judgement);
    const memory = memoryOf(object, group);
    const now = edge.clock.now();
    if (needsFreshLook(judgement) && elapsed(observation.at, now) > freshFor) {
      group.observation = undefined;
      continue;
    }

    const planned = planGroup(object.spec, judgement, memory);
    forgetWhatIsOver(group, object.spec, planned);
    const actions = planned.filter((action) => !group.failures.waits(keyOfAction(action), now));
    if (actions.length === 0 || elapsed(reportedAt, now) >= roundLength) {
      const status = statusOf(object, judgement, group.failures, now);
      if ((await report(edge, object, group, status)) === "gone") return done;
      reportedAt = edge.clock.now();
    }
    if (actions.length === 0) return nextLook(edge, group, judgement, observation);
    group.observation = await act(edge, object, group, observation, actions);
  }
};

/** Two objects for one group would promise its room twice. */
const misnaming = ({ metadata, spec }: NodeLocalStorage): Unjudged | undefined => {
  const name = nodeLocalStorageName(spec.nodeName, spec.volumeGroup);
  if (metadata.name === name) return undefined;
  return { reason: "WrongName", message: `the object for this group must be called ${name}` };
};
