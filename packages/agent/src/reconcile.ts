import type { NodeLocalStorage, NodeLocalStorageSpec, NodeLocalStorageStatus } from "@stowage/api";
import { isDeleting, nodeLocalStorageName } from "@stowage/api";
import { show } from "@stowage/capacity";
import type { Clock, Instant, Milliseconds } from "@stowage/clock";
import { elapsed, minutes, seconds } from "@stowage/clock";
import type { Log, Next, Reconcile } from "@stowage/kube";
import { again, done } from "@stowage/kube";
import type { Command, LvmRunner } from "@stowage/lvm";
import { LvmError, runChecked } from "@stowage/lvm";
import { afterAction } from "./after-action.ts";
import type { ForegroundAction } from "./commands-of.ts";
import { commandsOf } from "./commands-of.ts";
import { Failures, retryDelay } from "./failures.ts";
import type { Judgement } from "./judge.ts";
import { judge, needsFreshLook } from "./judge.ts";
import type { Memory } from "./memory.ts";
import { Moves } from "./moves.ts";
import type { Observation } from "./observation.ts";
import { devicesOf, observe } from "./observe.ts";
import type { Action } from "./plan.ts";
import { keyOfAction, planGroup } from "./plan.ts";
import { statusPatch } from "./status-wire.ts";
import { scanFailure, statusAfterFailedScan, statusOf } from "./status.ts";
import type { WipeState } from "./wipes.ts";
import { Wipes } from "./wipes.ts";

/** What the reconciler needs of the world. */
export type Edge = {
  readonly clock: Clock;
  readonly run: LvmRunner;
  readonly log: Log;
  /** The newest NodeLocalStorage that is known, by its name. */
  readonly find: (name: string) => NodeLocalStorage | undefined;
  /** Writes the status, a merge patch of the status subresource. */
  readonly report: (name: string, status: object) => Promise<void>;
  /** Asks for another look at an object: something in the background has changed. */
  readonly wake: (name: string) => void;
  /** Told of each status that is in force. */
  readonly reported: (object: NodeLocalStorage) => void;
  readonly nodeName: string;
  /** After how long a look is no longer trusted. */
  readonly scanPeriod: Milliseconds;
};

/** A refusal is only ever made on a look at most this old. */
const freshFor = seconds(2);

/** In a batch, finished volumes are reported, and newer wishes heard, about this often. */
const roundLength = seconds(1);

const longestRetry = minutes(1);

/** While extents are moved, how far that is gets reported about this often. */
const movePeriod = seconds(10);

type Group = {
  observation: Observation | undefined;
  /** The devices that were asked for when it was made. */
  observedFor: string;
  readonly failures: Failures;
  readonly wipes: Wipes;
  readonly moves: Moves;
  readonly resized: Set<string>;
  recovery: Memory["recovery"];
  /**
   * Volumes that this very process made and has not freed of old signatures yet. Nothing else is
   * ever cleaned: neither a report nor an entry can prove that a volume which was there before
   * holds no tenant's data.
   */
  readonly unclean: Set<string>;
  /** How often in a row something stood in the way, or a look failed. */
  waits: number;
  /** The status that we wrote last: newer than what an informer may show. */
  inForce: { readonly status: NodeLocalStorageStatus; readonly text: string } | undefined;
};

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
    try {
      return await reconcileGroup(edge, name, group, signal);
    } catch (error) {
      if (!(error instanceof LvmError)) throw error;
      return reportFailedScan(edge, name, group, scanFailure(error));
    }
  };
};

const newGroup = (edge: Edge, name: string, { status }: NodeLocalStorage): Group => {
  const failures = new Failures(longestRetry);
  const { run, clock } = edge;
  const failed = (kind: "wipe_volume" | "move_extents") => (what: string, error: LvmError) => {
    const { attempts } = failures.add(`${kind}:${what}`, error, clock.now());
    edge.log.warn({ what, code: error.code, attempts, error: error.message }, `${kind} failed`);
  };
  const group: Group = {
    observation: undefined,
    observedFor: "",
    failures,
    wipes: new Wipes({
      run,
      clock,
      failed: failed("wipe_volume"),
      changed: () => edge.wake(name),
    }),
    moves: new Moves({
      run,
      failed: failed("move_extents"),
      changed: () => {
        // Extents lie elsewhere now: what was seen before is of no use.
        group.observation = undefined;
        edge.wake(name);
      },
    }),
    resized: new Set(),
    unclean: new Set(),
    recovery: status.conditions.some(({ reason }) => reason === "DevicesMissing")
      ? "needed"
      : "none",
    waits: 0,
    inForce: undefined,
  };
  return group;
};

/** What the last status and the work in the background tell. */
const memoryOf = ({ status }: NodeLocalStorage, group: Group): Memory => {
  const wipes = new Map<string, WipeState>();
  for (const { name, wiped } of status.volumes) {
    if (wiped !== undefined) wipes.set(name, { kind: "stopped", wiped });
  }
  for (const [name, state] of group.wipes.states) wipes.set(name, state);
  return {
    previous: status.devices,
    resized: group.resized,
    recovery: group.recovery,
    wipes,
    movingFrom: group.moves.from,
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
    const { spec } = object;
    const rightName = nodeLocalStorageName(spec.nodeName, spec.volumeGroup);
    if (name !== rightName) {
      // Two objects for one group would promise its room twice.
      const message = `the object for this group must be called ${rightName}`;
      return reportFailedScan(edge, name, group, { reason: "WrongName", message });
    }
    const observation = await currentObservation(edge, object, group);
    const memory = memoryOf(object, group);
    const judgement = judge(spec, observation, memory);
    if (judgement.group.kind === "frozen" && judgement.group.reason === "DevicesMissing") {
      group.recovery = "needed";
    }
    const now = edge.clock.now();
    if (needsFreshLook(judgement) && elapsed(observation.at, now) > freshFor) {
      group.observation = undefined;
      continue;
    }
    const planned = planGroup(spec, judgement, memory);
    group.failures.keepOnly(new Set([...planned.map(keyOfAction), ...keysUnderWay(group)]));
    group.wipes.keepOnly(new Set(spec.volumes.map((entry) => entry.name)));
    const actions = planned.filter((action) => !group.failures.waits(keyOfAction(action), now));
    if (actions.length === 0) {
      await report(edge, object, group, statusOf(object, judgement, group.failures, now));
      return nextLook(edge, group, judgement, observation);
    }
    if (elapsed(reportedAt, now) >= roundLength) {
      await report(edge, object, group, statusOf(object, judgement, group.failures, now));
      reportedAt = edge.clock.now();
    }
    group.observation = await act(edge, object, group, observation, actions);
  }
};

/** The newest spec with the newest status, which is the one that we wrote. */
const newest = (edge: Edge, name: string, group: Group): NodeLocalStorage | undefined => {
  const object = edge.find(name);
  if (object === undefined || group.inForce === undefined) return object;
  return { ...object, status: group.inForce.status };
};

/** The last look while it can be trusted, otherwise a new one. */
const currentObservation = async (
  edge: Edge,
  { spec, status }: NodeLocalStorage,
  group: Group,
): Promise<Observation> => {
  const last = group.observation;
  const wanted = devicesWanted(spec);
  if (
    last !== undefined &&
    elapsed(last.at, edge.clock.now()) < edge.scanPeriod &&
    wanted === group.observedFor
  ) {
    return last;
  }
  const paths = spec.devices.map(({ path }) => path);
  const known =
    last?.group.kind === "present"
      ? devicesOf(last.group.group.physicalVolumes)
      : status.devices.flatMap(({ state, kernelName }) =>
          (state === "Removed" || (state === "InUse" && paths.length === 0)) &&
          kernelName !== undefined
            ? [kernelName]
            : [],
        );
  group.observation = await observe(edge, spec, known, cleanVolumes(spec, group));
  group.observedFor = wanted;
  // Once a period, what the server has is compared too: somebody may have written over it.
  if (last !== undefined && elapsed(last.at, edge.clock.now()) >= edge.scanPeriod) {
    group.inForce = undefined;
  }
  return group.observation;
};

/** What a look at devices depends on, as text. */
const devicesWanted = ({ devices, match }: NodeLocalStorage["spec"]): string =>
  JSON.stringify([devices, match]);

/** All but the volumes that are known to be new and unclean. */
const cleanVolumes = (spec: NodeLocalStorageSpec, { unclean }: Group): ReadonlySet<string> =>
  new Set(spec.volumes.map(({ name }) => name).filter((name) => !unclean.has(name)));

/**
 * Carries out actions until one fails, only a look can tell what came of one, or the round is over.
 * What is known of the node afterwards; undefined when only a look can tell.
 */
const act = async (
  edge: Edge,
  object: NodeLocalStorage,
  group: Group,
  observation: Observation,
  actions: readonly Action[],
): Promise<Observation | undefined> => {
  const begun = edge.clock.now();
  const { failures } = group;
  let known = observation;
  for (const action of actions) {
    const key = keyOfAction(action);
    try {
      const present =
        known.group.kind === "present" ? devicesOf(known.group.group.physicalVolumes) : [];
      if (action.kind === "wipe_volume" || action.kind === "move_extents") {
        begin(object, group, present, action);
        edge.log.info(fieldsOf(object, action), doneWords[action.kind]);
        continue;
      }
      const { duration } = await runAll(edge, commandsOf(object.spec, present, action), () => {
        if (action.kind === "create_volume") group.unclean.add(action.entry.name);
      });
      if ("entry" in action) group.unclean.delete(action.entry.name);
      failures.delete(key);
      if (action.kind === "refresh_volumes") group.recovery = "none";
      if (action.kind === "resize_device") group.resized.add(action.resizeKey);
      logAction(edge.log, object, action, duration);
    } catch (error) {
      if (!(error instanceof LvmError)) throw error;
      const { attempts } = failures.add(key, error, edge.clock.now());
      const fields = {
        ...fieldsOf(object, action),
        code: error.code,
        attempts,
        error: error.message,
      };
      edge.log.warn(fields, `${action.kind} failed`);
      return undefined;
    }
    const after = afterAction(known, action);
    if (after === undefined) return undefined;
    known = after;
    if (elapsed(begun, edge.clock.now()) >= roundLength) break;
  }
  return known;
};

/** Their failures count until they have ended well. */
const keysUnderWay = ({ wipes, moves }: Group): string[] => [
  ...[...wipes.states].flatMap(([name, { kind }]) =>
    kind === "running" ? [`wipe_volume:${name}`] : [],
  ),
  ...(moves.from === undefined ? [] : [`move_extents:${moves.from}`]),
];

/** Begins what goes on in the background. */
const begin = (
  { spec }: NodeLocalStorage,
  group: Group,
  present: readonly string[],
  action: Exclude<Action, ForegroundAction>,
): void => {
  const { volumeGroup } = spec;
  if (action.kind === "move_extents") {
    group.moves.start(volumeGroup, present, action.path);
    return;
  }
  const { entry, size, method, from } = action;
  group.wipes.start({ volumeGroup, volume: entry.name, size, method, from });
};

const runAll = async (
  edge: Edge,
  commands: readonly Command[],
  /** Called when the first command, which is the one that makes something, has succeeded. */
  made: () => void,
): Promise<{ duration: Milliseconds }> => {
  const begun = edge.clock.now();
  for (const [index, command] of commands.entries()) {
    await runChecked(edge.run, command);
    if (index === 0) made();
  }
  return { duration: elapsed(begun, edge.clock.now()) };
};

const fieldsOf = ({ spec }: NodeLocalStorage, action: Action): Record<string, unknown> => ({
  volumeGroup: spec.volumeGroup,
  ...("entry" in action
    ? {
        volume: action.entry.name,
        size: show(action.entry.size),
        ...(action.entry.claim === undefined
          ? {}
          : { claim: `${action.entry.claim.namespace}/${action.entry.claim.name}` }),
      }
    : {}),
  ...("devices" in action ? { devices: action.devices } : {}),
  ...("path" in action ? { device: action.path } : {}),
  ...("volumes" in action ? { volumes: action.volumes.length } : {}),
});

const logAction = (
  log: Log,
  object: NodeLocalStorage,
  action: Action,
  duration: Milliseconds,
): void => log.info({ ...fieldsOf(object, action), durationMs: duration }, doneWords[action.kind]);

const doneWords: Record<Action["kind"], string> = {
  erase_device: "device erased, as its entry asks",
  restore_device: "device taken back",
  refresh_volumes: "volumes led to their devices anew",
  resize_device: "device has grown",
  hold_device: "device kept from new volumes",
  release_device: "device open to new volumes again",
  move_extents: "device is being emptied",
  reduce_group: "device taken out of the volume group",
  unlabel_device: "device freed of LVM's label",
  wipe_volume: "volume is being wiped",
  create_group: "volume group made",
  extend_group: "volume group extended",
  mark_group: "volume group taken over",
  activate_volumes: "volumes activated",
  make_nodes: "device nodes made",
  remove_volume: "volume removed",
  clean_volume: "volume freed of old signatures",
  extend_volume: "volume extended",
  create_volume: "volume created",
};

/** Writes the status if it differs from the one in force. */
const report = async (
  edge: Edge,
  object: NodeLocalStorage,
  group: Group,
  status: NodeLocalStorageStatus,
): Promise<void> => {
  const patch = statusPatch(status);
  const text = JSON.stringify(patch);
  if (text !== (group.inForce?.text ?? JSON.stringify(statusPatch(object.status)))) {
    // Until the answer is there nobody knows which of the two is in force.
    group.inForce = undefined;
    await edge.report(object.metadata.name, patch);
  }
  group.inForce = { status, text };
  edge.reported({ ...object, status });
};

const reportFailedScan = async (
  edge: Edge,
  name: string,
  group: Group,
  why: { readonly reason: string; readonly message: string },
): Promise<Next> => {
  group.observation = undefined;
  group.waits += 1;
  const object = newest(edge, name, group);
  if (object === undefined) return done;
  edge.log.warn({ volumeGroup: object.spec.volumeGroup, ...why }, "the group cannot be judged");
  await report(edge, object, group, statusAfterFailedScan(object, why, edge.clock.now()));
  return again(retryDelay(group.waits, edge.scanPeriod));
};

/** When the look gets too old, a failed action may be tried again, or a volume in use be free. */
const nextLook = (
  edge: Edge,
  group: Group,
  judgement: Judgement,
  observation: Observation,
): Next => {
  const now = edge.clock.now();
  const waiting = [...judgement.volumes.values()].some(({ kind }) => kind === "waiting");
  const leaving = [...judgement.evacuations.values()].some(({ kind }) => kind === "moving");
  group.waits = waiting ? group.waits + 1 : 0;
  const times: Milliseconds[] = [
    elapsed(now, (observation.at + edge.scanPeriod) as Instant),
    ...(waiting ? [retryDelay(group.waits, edge.scanPeriod)] : []),
    ...(leaving ? [movePeriod] : []),
  ];
  const retryAt = group.failures.nextRetry();
  if (retryAt !== undefined) times.push(elapsed(now, retryAt));
  return again(Math.min(...times) as Milliseconds);
};
