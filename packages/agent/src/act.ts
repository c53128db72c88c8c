import type { NodeLocalStorage } from "@stowage/api";
import { elapsed, seconds } from "@stowage/clock";
import type { Command } from "@stowage/lvm";
import { LvmError, runChecked } from "@stowage/lvm";
import { doneWords, fieldsOf } from "./action-log.ts";
import { afterAction } from "./after-action.ts";
import type { ForegroundAction } from "./commands-of.ts";
import { commandsOf } from "./commands-of.ts";
import type { Edge } from "./edge.ts";
import type { Group } from "./group.ts";
import type { Observation } from "./observation.ts";
import { devicesOf } from "./observe.ts";
import type { Action } from "./plan.ts";
import { keyOfAction } from "./plan.ts";

type BackgroundAction = Exclude<Action, ForegroundAction>;

/** In a batch, finished volumes are reported, and newer wishes heard, about this often. */
export const roundLength = seconds(1);

/**
 * Carries out actions until one fails, only a look can tell what came of one, or the round is over.
 * What is known of the node afterwards; undefined when only a look can tell.
 */
export const act = async (
  edge: Edge,
  object: NodeLocalStorage,
  group: Group,
  observation: Observation,
  actions: readonly Action[],
): Promise<Observation | undefined> => {
  const begun = edge.clock.now();
  let known = observation;
  for (const action of actions) {
    if ((await carryOut(edge, object, group, known, action)) === "failed") return undefined;
    const after = afterAction(known, action);
    if (after === undefined) return undefined;
    known = after;
    if (elapsed(begun, edge.clock.now()) >= roundLength) break;
  }
  return known;
};

const carryOut = async (
  edge: Edge,
  object: NodeLocalStorage,
  group: Group,
  { group: seen }: Observation,
  action: Action,
): Promise<"done" | "failed"> => {
  const key = keyOfAction(action);
  const fields = fieldsOf(object, action);
  const begun = edge.clock.now();
  const present = seen.kind === "present" ? devicesOf(seen.group.physicalVolumes) : [];
  try {
    if (isBackground(action)) {
      edge.log.debug(fields, `${action.kind} begins`);
      begin(object, group, present, action, (outcome) => {
        const durationMs = elapsed(begun, edge.clock.now());
        edge.observe(action.kind, outcome, durationMs);
        if (outcome === "ok") edge.log.info({ ...fields, durationMs }, doneWords[action.kind]);
      });
      return "done";
    }
    await runAll(edge, commandsOf(object.spec, present, action), () => noteMade(group, action));
    noteDone(group, action);
    group.failures.delete(key);
    const durationMs = elapsed(begun, edge.clock.now());
    edge.observe(action.kind, "ok", durationMs);
    edge.log.info({ ...fields, durationMs }, doneWords[action.kind]);
    return "done";
  } catch (error) {
    if (!(error instanceof LvmError)) throw error;
    edge.observe(action.kind, "failed", elapsed(begun, edge.clock.now()));
    const { attempts } = group.failures.add(key, error, edge.clock.now());
    const { code, message } = error;
    edge.log.warn({ ...fields, code, attempts, error: message }, `${action.kind} failed`);
    return "failed";
  }
};

const noteMade = (group: Group, action: ForegroundAction): void => {
  if (action.kind === "create_volume") group.unclean.add(action.entry.name);
};

const noteDone = (group: Group, action: ForegroundAction): void => {
  if ("entry" in action) group.unclean.delete(action.entry.name);
  if (action.kind === "refresh_volumes") group.recovery.done();
  if (action.kind === "resize_device") group.resized.add(action.resizeKey);
};

const isBackground = (action: Action): action is BackgroundAction =>
  action.kind === "wipe_volume" || action.kind === "move_extents";

/** Begins what goes on in the background; nothing when that goes on already. */
const begin = (
  { spec }: NodeLocalStorage,
  group: Group,
  present: readonly string[],
  action: BackgroundAction,
  ended: (outcome: "ok" | "failed") => void,
): void => {
  const { volumeGroup } = spec;
  if (action.kind === "move_extents") {
    group.moves.start({ volumeGroup, devices: present, path: action.path, ended });
    return;
  }
  const { entry, size, method, from } = action;
  group.wipes.start({ volumeGroup, volume: entry.name, size, method, from, ended });
};

const runAll = async (
  edge: Edge,
  commands: readonly Command[],
  /** Called when the first command, which is the one that makes something, has succeeded. */
  made: () => void,
): Promise<void> => {
  for (const [index, command] of commands.entries()) {
    await runChecked(edge.run, command);
    if (index === 0) made();
  }
};
