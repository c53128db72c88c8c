import type { NodeLocalStorage } from "@stowage/api";
import { isDeleting, nodeLocalStorageName } from "@stowage/api";
import type { Moment } from "@stowage/clock";
import { elapsed } from "@stowage/clock";
import type { Next, Reconcile } from "@stowage/kube";
import { done } from "@stowage/kube";
import { LvmError } from "@stowage/lvm";
import { act, noteFailed, roundLength } from "./act.ts";
import type { DeviceVerdict } from "./device-verdict.ts";
import type { Due } from "./due.ts";
import { dueActions, freshFor, needsNewLook } from "./due.ts";
import type { Edge } from "./edge.ts";
import type { Failures } from "./failures.ts";
import type { Group } from "./group.ts";
import { forgetWhatIsOver, memoryOf, newGroup, takeOver } from "./group.ts";
import type { Judgement } from "./judge.ts";
import { judge, needsFreshLook } from "./judge.ts";
import { devicesWanted, lookAnew, trusted } from "./look.ts";
import { nextLook } from "./next-look.ts";
import { noEffect } from "./no-effect.ts";
import type { Observation } from "./observation.ts";
import type { Action } from "./plan.ts";
import { planGroup } from "./plan.ts";
import type { Unjudged } from "./report-status.ts";
import { newest, report, reportFailedScan } from "./report-status.ts";
import { scanFailure, statusOf } from "./status.ts";
import type { Unproven } from "./unproven.ts";

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
  // What an agent finds is told before it does anything: whatever ends it then, that is known.
  let reportedAt = group.inForce === undefined ? undefined : edge.clock.moment();
  for (;;) {
    signal.throwIfAborted();
    // Read anew in each round: what was wished for meanwhile counts at once, removals first.
    const object = newest(edge, name, group);
    if (object === undefined) return done;
    const misnamed = misnaming(object);
    if (misnamed !== undefined) return reportFailedScan(edge, name, group, misnamed);

    const round = await look(edge, object, group);
    const step = decide(round, group.failures, edge.clock.moment());
    if (step.kind === "look_again") {
      group.observation = undefined;
      continue;
    }
    const isTold =
      reportedAt !== undefined && elapsed(reportedAt, edge.clock.moment()) < roundLength;
    const untold = round.judgement.devices.some(isUntold);
    if (step.kind === "wait" || untold || !isTold) {
      const status = statusOf(
        object,
        round.judgement,
        group.failures,
        edge.clock.now(),
        edge.clock.moment(),
      );
      if ((await report(edge, object, group, status)) === "gone") return done;
      reportedAt = edge.clock.moment();
      if (untold) continue;
    }
    if (step.kind === "wait") return nextLook(edge, group, round.judgement, round.observation);
    group.observation = await act(edge, object, group, round.observation, step.actions);
  }
};

/** To be erased, which the status has to tell before it is begun. */
const isUntold = (device: DeviceVerdict): boolean =>
  device.kind === "erasable" && device.record === "untold";

/** What is seen, what follows from it, and what is to be done about it. */
type Round = {
  readonly observation: Observation;
  readonly judgement: Judgement;
  readonly planned: readonly Action[];
  /** Overtaken: something in the background changed the group while it was looked at. */
  readonly sight: "current" | "overtaken";
};

const look = async (edge: Edge, object: NodeLocalStorage, group: Group): Promise<Round> => {
  const host = await edge.host();
  const { moved, observation: last } = group;
  const mark = group.unproven.mark();
  const observation = await currentObservation(edge, object, group);
  const judgement = judge(object.spec, observation, memoryOf(edge, object, group, host));
  group.recovery.see(judgement);
  group.emptyTime.see(judgement.devices, observation.at);
  const planned = planGroup(object.spec, judgement, memoryOf(edge, object, group, host));
  const sight = group.moved === moved ? "current" : "overtaken";
  if (observation !== last && sight === "current") {
    noteEffects(edge, object, group, judgement, group.unproven.prove(mark, planned));
  }
  forgetWhatIsOver(group, object.spec, planned);
  return { observation, judgement, planned, sight };
};

type Step =
  | { readonly kind: "look_again" }
  | { readonly kind: "act"; readonly actions: readonly Due[] }
  /** Report, and wait until something changes or may be tried again. */
  | { readonly kind: "wait" };

const decide = (
  { observation, judgement, planned, sight }: Round,
  failures: Failures,
  now: Moment,
): Step => {
  const actions = dueActions(planned, failures, now);
  const isOld = elapsed(observation.at, now) > freshFor;
  const restsOnNew = needsFreshLook(judgement) || actions.some(needsNewLook);
  if (sight === "overtaken" || (isOld && restsOnNew)) return { kind: "look_again" };
  return actions.length === 0 ? { kind: "wait" } : { kind: "act", actions };
};

/** What a look shows of the actions that ended well before it: did they do anything? */
const noteEffects = (
  edge: Edge,
  object: NodeLocalStorage,
  group: Group,
  judgement: Judgement,
  { done: proven, withoutEffect }: ReturnType<Unproven["prove"]>,
): void => {
  for (const key of proven) group.failures.delete(key);
  for (const action of withoutEffect) {
    noteFailed(edge, object, group, action, noEffect(action, judgement));
  }
};

const currentObservation = async (
  edge: Edge,
  object: NodeLocalStorage,
  group: Group,
): Promise<Observation> => {
  const last = group.observation;
  const known = trusted(edge, object.spec, group);
  if (known !== undefined) return known;
  const observation = await lookAnew(edge, object, group);
  group.observation = observation;
  group.observedFor = devicesWanted(object.spec);
  // Once a period, what the server has is compared too: somebody may have written over it.
  if (last !== undefined && elapsed(last.at, edge.clock.moment()) >= edge.scanPeriod) {
    group.inForce = undefined;
  }
  return observation;
};

/** Two objects for one group would promise its room twice. */
const misnaming = ({ metadata, spec }: NodeLocalStorage): Unjudged | undefined => {
  const name = nodeLocalStorageName(spec.nodeName, spec.volumeGroup);
  if (metadata.name === name) return undefined;
  return { reason: "WrongName", message: `the object for this group must be called ${name}` };
};
