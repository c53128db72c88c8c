import type { NodeLocalStorage, NodeLocalStorageSpec, NodeLocalStorageStatus } from "@stowage/api";
import { milliseconds, minutes } from "@stowage/clock";
import type { LvmError } from "@stowage/lvm";
import type { Edge } from "./edge.ts";
import { EmptyTime } from "./empty-time.ts";
import { Failures } from "./failures.ts";
import type { HostSeen } from "./host.ts";
import type { Memory } from "./memory.ts";
import { Moves } from "./moves.ts";
import type { Observation } from "./observation.ts";
import type { Action } from "./plan.ts";
import { keysOfAction } from "./plan.ts";
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
  readonly moves: Moves;
  readonly resized: Set<string>;
  readonly emptyTime: EmptyTime;
  recovery: Recovery;
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

export const newGroup = (
  edge: Edge,
  name: string,
  { metadata: { uid }, spec: { volumeGroup }, status }: NodeLocalStorage,
): Group => {
  const failures = new Failures(longestRetry);
  const { run, clock } = edge;
  const failed = (kind: "wipe_volume" | "move_extents") => (what: string, error: LvmError) => {
    const { attempts } = failures.add(`${kind}:${what}`, error, clock.moment());
    const subject = kind === "wipe_volume" ? { volume: what } : { device: what };
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
      failed: failed("wipe_volume"),
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
    unclean: new Set(),
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
  for (const { name, wiped } of status.volumes) {
    if (wiped !== undefined) wipes.set(name, { kind: "stopped", wiped });
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
    movingFrom: group.moves.from,
  };
};

/** Forgets failures of what nobody wants any more, and wipes of volumes that are gone. */
export const forgetWhatIsOver = (
  group: Group,
  spec: NodeLocalStorageSpec,
  planned: readonly Action[],
): void => {
  group.failures.keepOnly(new Set([...planned.flatMap(keysOfAction), ...keysUnderWay(group)]));
  group.wipes.keepOnly(new Set(spec.volumes.map(({ name }) => name)));
};

/** Their failures count until they have ended well. */
const keysUnderWay = ({ wipes, moves }: Group): string[] => [
  ...[...wipes.states].flatMap(([name, { kind }]) =>
    kind === "running" ? [`wipe_volume:${name}`] : [],
  ),
  ...(moves.from === undefined ? [] : [`move_extents:${moves.from}`]),
];
