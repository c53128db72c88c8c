import type { NodeLocalStorage } from "@stowage/api";
import { elapsed, seconds } from "@stowage/clock";
import type { LogFields } from "@stowage/kube";
import { checkPath, LvmError, makingLane, runChecked } from "@stowage/lvm";
import { doneWords, fieldsOf, stepKinds } from "./action-log.ts";
import { afterAction } from "./after-action.ts";
import type { ForegroundAction } from "./commands-of.ts";
import { commandsOf } from "./commands-of.ts";
import { confirmContent, confirmDevice } from "./confirm-device.ts";
import type { Due } from "./due.ts";
import { freshFor, isOfDevice, needsNewLook } from "./due.ts";
import type { Edge } from "./edge.ts";
import type { Group } from "./group.ts";
import { forgetVolume } from "./group.ts";
import { roomNameOf } from "./judge-growth.ts";
import { confirmUnused } from "./look-at-volume.ts";
import type { Observation } from "./observation.ts";
import { devicesOf } from "./observe.ts";
import type { Action, BackgroundKind } from "./plan.ts";
import { keysOfAction } from "./plan.ts";

type BackgroundAction = Exclude<Action, ForegroundAction>;

/** In a batch, finished volumes are reported, and newer wishes heard, about this often. */
export const roundLength = seconds(1);

/**
 * Carries out actions until the round is over. One that fails, or that only a look can tell of,
 * stops none of the others but those that rest on what came of it. What is known of the node
 * afterwards; undefined when only a look can tell.
 */
export const act = async (
  edge: Edge,
  object: NodeLocalStorage,
  group: Group,
  observation: Observation,
  actions: readonly Due[],
): Promise<Observation | undefined> => {
  const begun = edge.clock.moment();
  let known = observation;
  const unsure: Action[] = [];
  for (const due of actions) {
    const { action, attempt } = due;
    const isFresh = elapsed(observation.at, edge.clock.moment()) <= freshFor;
    if (needsNewLook(due) && !isFresh) continue;
    if (unsure.some((earlier) => restsOn(action, earlier))) continue;
    const outcome = await carryOut(edge, object, group, known, action);
    if (outcome === "stuck") return undefined;
    const after =
      outcome === "done" && attempt === "first" ? afterAction(known, action) : undefined;
    if (after === undefined) unsure.push(action);
    else known = after;
    if (elapsed(begun, edge.clock.moment()) >= roundLength) break;
  }
  return unsure.length === 0 ? known : undefined;
};

/**
 * Commands are confined to the devices of the group, and LVM refuses changes when one of them is not
 * named: while those are unsure, nothing else is done. New volumes may need the room of those that
 * are removed. A device is only touched on what was surely seen.
 */
const restsOn = (action: Action, earlier: Action): boolean =>
  isOfDevice(earlier) ||
  isOfDevice(action) ||
  ((earlier.kind === "remove_volume" || earlier.kind === "remove_room") && takesRoom(action));

const takesRoom = ({ kind }: Action): boolean =>
  kind === "create_volume" || kind === "extend_volume" || kind === "make_room";

/** Stuck: a process hangs and closes the lane of the group, so that nothing else could run. */
type CarriedOut = "done" | "failed" | "stuck";

const carryOut = async (
  edge: Edge,
  object: NodeLocalStorage,
  group: Group,
  { group: seen }: Observation,
  action: Action,
): Promise<CarriedOut> => {
  const fields = fieldsOf(object, action);
  const begun = edge.clock.moment();
  const present = seen.kind === "present" ? devicesOf(seen.group.physicalVolumes) : [];
  try {
    if (isBackground(action)) {
      edge.log.debug(fields, `${action.kind} begins`);
      begin(edge, object, group, present, action, (outcome) => {
        const durationMs = elapsed(begun, edge.clock.moment());
        edge.observe(action.kind, outcome, durationMs);
        if (outcome === "ok") tellDone(edge, action, { ...fields, durationMs });
      });
      return "done";
    }
    if ("known" in action) {
      await confirmDevice(edge.run, object.spec.volumeGroup, action.known);
    }
    if (action.kind === "erase_device") {
      await confirmContent(edge.run, action.known, action.erasing);
    }
    noteBegun(group, action);
    for (const command of commandsOf(object.spec, present, action)) {
      await runChecked(edge.run, command);
    }
    noteDone(group, action);
    const durationMs = elapsed(begun, edge.clock.moment());
    edge.observe(action.kind, "ok", durationMs);
    tellDone(edge, action, { ...fields, durationMs });
    return "done";
  } catch (error) {
    if (!(error instanceof LvmError)) throw error;
    edge.observe(action.kind, "failed", elapsed(begun, edge.clock.moment()));
    noteFailed(edge, object, group, action, error);
    return error.code === "lvm_timeout" || error.code === "lane_closed" ? "stuck" : "failed";
  }
};

/** Remembers that an action failed, when it may be tried again, and says so in the log. */
export const noteFailed = (
  edge: Edge,
  object: NodeLocalStorage,
  group: Group,
  action: Action,
  error: LvmError,
): void => {
  const failures = keysOfAction(action).map((key) =>
    group.failures.add(key, error, edge.clock.moment()),
  );
  const attempts = Math.max(...failures.map((failure) => failure.attempts));
  const { code, message } = error;
  edge.log.warn(
    { ...fieldsOf(object, action), code, attempts, error: message },
    `${action.kind} failed`,
  );
};

const tellDone = ({ log }: Edge, { kind }: Action, fields: LogFields): void =>
  stepKinds.has(kind) ? log.debug(fields, doneWords[kind]) : log.info(fields, doneWords[kind]);

/** Whatever becomes of the command: a volume of that name is another one from now on. */
const noteBegun = (group: Group, action: ForegroundAction): void => {
  if (action.kind === "create_volume") forgetVolume(group, action.entry.name);
  if (action.kind === "make_room") forgetVolume(group, roomNameOf(action.entry.name));
  if (action.kind === "remove_room") forgetVolume(group, action.room);
  if (action.kind === "extend_volume" && action.room !== undefined) {
    forgetVolume(group, action.room.name);
  }
};

const noteDone = (group: Group, action: ForegroundAction): void => {
  group.unproven.add(action);
  if (action.kind === "clean_volume") group.freed.add(action.entry.name);
  if (action.kind === "refresh_volumes") group.recovery.done();
  if (action.kind === "resize_device") group.resized.add(action.resizeKey);
};

const backgroundKinds: ReadonlySet<string> = new Set<BackgroundKind>([
  "wipe_volume",
  "zero_volume",
  "format_volume",
  "move_extents",
]);

const isBackground = (action: Action): action is BackgroundAction =>
  backgroundKinds.has(action.kind);

/** Begins what goes on in the background; nothing when that goes on already. */
const begin = (
  { run }: Edge,
  { spec }: NodeLocalStorage,
  group: Group,
  present: readonly string[],
  action: BackgroundAction,
  ended: (outcome: "ok" | "failed") => void,
): void => {
  const { volumeGroup } = spec;
  switch (action.kind) {
    case "move_extents":
      group.moves.start({
        volumeGroup,
        devices: present,
        path: action.path,
        ended: (outcome) => {
          if (outcome === "ok") group.unproven.add(action);
          ended(outcome);
        },
      });
      return;
    case "format_volume": {
      const { entry, fileSystem } = action;
      group.formats.start({ volumeGroup, volume: entry.name, fileSystem, ended });
      return;
    }
    case "zero_volume": {
      const { volume, size, from } = action;
      const check = checkPath(volumeGroup, volume, makingLane(volumeGroup));
      const look = async (): Promise<void> => {
        await runChecked(run, check);
      };
      group.zeroings.start({ volumeGroup, volume, size, method: "zero", from, look, ended });
      return;
    }
    case "wipe_volume": {
      const { entry, size, method, from } = action;
      const volume = entry.name;
      const look = (): Promise<void> => confirmUnused(run, volumeGroup, volume, present);
      group.wipes.start({ volumeGroup, volume, size, method, from, look, ended });
    }
  }
};
