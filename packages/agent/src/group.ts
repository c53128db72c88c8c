import type { NodeLocalStorage, NodeLocalStorageSpec, NodeLocalStorageStatus } from "@stowage/api";
import { milliseconds, minutes } from "@stowage/clock";
import type { LvmError } from "@stowage/lvm";
import type { Edge } from "./edge.ts";
import { EmptyTime } from "./empty-time.ts";
import { Failures } from "./failures.ts";
import { Formats } from "./formats.ts";
import type { HostSeen } from "./host.ts";
import { roomNameOf } from "./judge-growth.ts";
import type { Memory } from "./memory.ts";
import { Moves } from "./moves.ts";
import type { Observation } from "./observation.ts";
import type { Action, BackgroundKind } from "./plan.ts";
import { growthKeyOf, keysOfAction } from "./plan.ts";
import { Recovery } from "./recovery.ts";
import { Unproven } from "./unproven.ts";
import type { WipeState } from "./wipes.ts";
import { Wipes } from "./wipes.ts";

const longestRetry = minutes(1);

/** What the agent remembers of one group from round to round. */
export type Group = {
  /** Of the object for it. */
  uid: string;
  observation: Observation | undefined;
  /** The devices that were asked for when it was made. */
  observedFor: string;
  readonly failures: Failures;
  readonly unproven: Unproven;
  /** How many moves have ended: extents lie elsewhere than a look that began before shows them. */
  moved: number;
  readonly wipes: Wipes;
  /** New volumes, and the room by which others are to grow. */
  readonly zeroings: Wipes;
  readonly formats: Formats;
  readonly moves: Moves;
  readonly resized: Set<string>;
  readonly emptyTime: EmptyTime;
  recovery: Recovery;
  /**
   * New volumes that this very process has freed of old signatures: what LVM's metadata says of them
   * only a little later.
   */
  readonly freed: Set<string>;
  /** How often in a row something stood in the way, or a look failed. */
  waits: number;
  /** The status that we wrote last: newer than what an informer may show. */
  inForce: { readonly status: NodeLocalStorageStatus; readonly text: string } | undefined;
};

export const newGroup = (
  edge: Edge,
  name: string,
  { metadata: { uid }, spec: { volumeGroup }, status }: NodeLocalStorage,
): Group => {
  const failures = new Failures(longestRetry);
  const { run, clock } = edge;
  const failed = (kind: BackgroundKind) => (what: string, error: LvmError) => {
    const { attempts } = failures.add(`${kind}:${what}`, error, clock.moment());
    const subject = kind === "move_extents" ? { device: what } : { volume: what };
    const { code, message } = error;
    edge.log.warn({ volumeGroup, ...subject, code, attempts, error: message }, `${kind} failed`);
  };
  const group: Group = {
    uid,
    observation: undefined,
    observedFor: "",
    failures,
    unproven: new Unproven(),
    moved: 0,
    wipes: new Wipes({
      run,
      clock,
      purpose: "condemned",
      failed: failed("wipe_volume"),
      changed: () => edge.wake(name),
    }),
    zeroings: new Wipes({
      run,
      clock,
      purpose: "new",
      failed: failed("zero_volume"),
      changed: () => edge.wake(name),
    }),
    formats: new Formats({
      run,
      clock,
      failed: failed("format_volume"),
      changed: () => edge.wake(name),
    }),
    moves: new Moves({
      run,
      failed: failed("move_extents"),
      changed: () => {
        group.moved += 1;
        group.observation = undefined;
        edge.wake(name);
      },
    }),
    resized: new Set(),
    emptyTime: new EmptyTime(milliseconds(2 * edge.scanPeriod)),
    freed: new Set(),
    recovery: new Recovery(status),
    waits: 0,
    inForce: undefined,
  };
  return group;
};

/**
 * Another object has come in the place of the first one. What is under way on the node goes on; what
 * was read of the first one and written to it is nothing to the second.
 */
export const takeOver = (group: Group, { metadata, status }: NodeLocalStorage): void => {
  group.uid = metadata.uid;
  group.observation = undefined;
  group.inForce = undefined;
  group.recovery = new Recovery(status);
};

/** What the last status and the work in the background tell. */
export const memoryOf = (
  edge: Pick<Edge, "settleTime">,
  { status }: NodeLocalStorage,
  group: Group,
  host: HostSeen,
): Memory => {
  const wipes = new Map<string, WipeState>();
  for (const { name, state, wiped } of status.volumes) {
    // What is told of a volume that is being made is nothing to the one that is to go.
    if (wiped !== undefined && state === "Deleting") wipes.set(name, { kind: "stopped", wiped });
  }
  for (const [name, state] of group.wipes.states) wipes.set(name, state);
  return {
    host,
    previous: status.devices,
    emptyFor: group.emptyTime.spans,
    settleTime: edge.settleTime,
    resized: group.resized,
    recovery: group.recovery.state,
    wipes,
    zeroings: group.zeroings.states,
    freed: group.freed,
    formats: group.formats.states,
    movingFrom: group.moves.from,
  };
};

/** Forgets failures of what nobody wants any more, and wipes of volumes that are gone. */
export const forgetWhatIsOver = (
  group: Group,
  spec: NodeLocalStorageSpec,
  planned: readonly Action[],
): void => {
  const withoutPath = planned.flatMap((action) =>
    action.kind === "make_nodes" ? action.volumes.flatMap((name) => [name, roomNameOf(name)]) : [],
  );
  group.failures.keepOnly(
    new Set([
      ...planned.flatMap(keysOfAction),
      ...keysUnderWay(group),
      ...growthsUnderWay(group, spec, planned),
    ]),
    new Set(withoutPath),
  );
  group.wipes.keepOnly(new Set(spec.volumes.map(({ name }) => name)));
  const wanted = new Set(
    spec.volumes.filter((entry) => entry.delete !== true).map(({ name }) => name),
  );
  group.zeroings.keepOnly(new Set([...wanted].flatMap((name) => [name, roomNameOf(name)])));
  group.formats.keepOnly(wanted);
  for (const name of group.freed) if (!wanted.has(name)) group.freed.delete(name);
};

/** What was done on a volume of that name is nothing to the one that is made now. */
export const forgetVolume = (group: Group, name: string): void => {
  group.wipes.forget(name);
  group.zeroings.forget(name);
  group.formats.forget(name);
  group.freed.delete(name);
};

const running = (states: ReadonlyMap<string, { readonly kind: string }>): string[] =>
  [...states].flatMap(([name, { kind }]) => (kind === "running" ? [name] : []));

/** A growth that failed is made room for anew, and is the same growth. */
const growthsUnderWay = (
  { zeroings }: Group,
  spec: NodeLocalStorageSpec,
  planned: readonly Action[],
): string[] => {
  const rooms = new Set([
    ...running(zeroings.states),
    ...planned.flatMap((action) =>
      action.kind === "zero_volume"
        ? [action.volume]
        : action.kind === "make_room"
          ? [roomNameOf(action.entry.name)]
          : [],
    ),
  ]);
  return spec.volumes.filter(({ name }) => rooms.has(roomNameOf(name))).map(growthKeyOf);
};

/** Their failures count until they have ended well. */
const keysUnderWay = ({ wipes, zeroings, formats, moves }: Group): string[] => [
  ...running(wipes.states).map((name) => `wipe_volume:${name}`),
  ...running(zeroings.states).map((name) => `zero_volume:${name}`),
  ...running(formats.states).map((name) => `format_volume:${name}`),
  ...(moves.from === undefined ? [] : [`move_extents:${moves.from}`]),
];
