import type { Claim, NodeLocalStorage, PersistentVolume } from "@stowage/api";
import type { Moment, Milliseconds } from "@stowage/clock";
import { milliseconds } from "@stowage/clock";
import type { Companion } from "../companion.ts";
import type { NodeState, SeenVolume } from "../seen-volume.ts";
import { claimWith, groupWith, nodeWith, storageClassWith, uid, volumeName } from "./objects.ts";
import type { VolumeStep } from "../volume-step.ts";
import { wishOf } from "../wish.ts";

/*
 * What planVolume sees, made in a line, and what it plans, told in one.
 */

export const now = 1_000_000 as Moment;
const noPause = milliseconds(0);
export const ago = (span: number): Moment => (now - span) as Moment;

export const pendingEntry = {
  name: volumeName,
  size: "1Gi",
  pending: true,
  claim: { namespace: "shop", name: "data", uid },
};
export const settledEntry = { ...pendingEntry, pending: undefined };
export const buried = (entry: object): object => ({ ...entry, delete: true });

/** A group that holds `entry`, of which its agent says `state`. */
export const holding = (
  entry: object,
  state?: { state: string; size?: string; message?: string },
  node = "n1",
): NodeLocalStorage =>
  groupWith({
    node,
    spec: { volumes: [entry] },
    status: { volumes: state === undefined ? [] : [{ name: volumeName, ...state }] },
  });

export const see = (given: {
  claim?: Claim;
  persistentVolume?: PersistentVolume;
  groups?: readonly NodeLocalStorage[];
  states?: Record<string, NodeState>;
  waitingSince?: Moment;
  placedSince?: Moment;
  companions?: readonly Companion[];
  forsaken?: string;
  pause?: Milliseconds;
  pin?: string;
}): SeenVolume => {
  const groups = given.groups ?? [groupWith({})];
  const wish = wishOf(given.claim, storageClassWith(), given.pin);
  return {
    name: volumeName,
    now,
    claim: given.claim,
    wish,
    nowhere: undefined,
    persistentVolume: given.persistentVolume,
    entries: groups.flatMap((group) =>
      group.spec.volumes.map((entry) => ({
        group,
        entry,
        status: group.status.volumes.find(({ name }) => name === entry.name),
      })),
    ),
    target: groups.find(
      ({ spec }) =>
        (wish.kind === "volume" || wish.kind === "pinned") && spec.nodeName === wish.node,
    ),
    nodeState: (name) => given.states?.[name] ?? { kind: "usable", node: nodeWith(name) },
    group: (name) => groups.find(({ metadata }) => metadata.name === name),
    waitingSince: given.waitingSince,
    placedSince: given.placedSince,
    companions: given.companions ?? [],
    forsaken: given.forsaken,
    pause: given.pause ?? noPause,
  };
};

/** The steps as a list of short sentences. */
export const told = (steps: readonly VolumeStep[]): string[] =>
  steps.map((step) => {
    switch (step.kind) {
      case "reserve":
        return [
          `reserve in ${step.group}`,
          ...(step.entries.length > 1 ? [`with ${step.entries.length - 1} more`] : []),
        ].join(" ");
      case "restore":
      case "settle":
      case "drop":
        return `${step.kind} in ${step.group}`;
      case "bury":
        return `bury in ${step.group.metadata.name} as ${step.ground}`;
      case "create_persistent_volume":
        return `create the volume on ${step.hostname}`;
      case "clear_selected_node":
        return `clear ${step.node}`;
      case "select_node":
        return `select ${step.node}`;
      case "forsake":
        return `forsake ${step.volume}`;
      case "confirm_absence":
      case "delete_persistent_volume":
      case "release_finalizer":
        return step.kind.replaceAll("_", " ");
      case "tell_claim":
      case "tell_persistent_volume":
        return `tell: ${step.why}`;
      case "look_again":
        return `look again in ${step.after / 1000} s`;
    }
  });

export const placed = claimWith({ selectedNode: "n1" });
export const pinned = claimWith({ metadata: { annotations: {} } });
export const gone: NodeState = { kind: "gone" };
export const away = (span: number): NodeState => ({ kind: "agent_not_ready", since: ago(span) });
