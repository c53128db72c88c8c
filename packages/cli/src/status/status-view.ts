import type { NodeLocalStorage } from "@stowage/api";
import { groupOf } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { free, subtract, takenBy } from "@stowage/capacity";
import { byName } from "../output/by-name.ts";
import type { Program } from "../program-pods.ts";
import { isOf, programs, versionOf } from "../program-pods.ts";
import { groupRemedies } from "../remedies.ts";
import type { ProgramPod } from "../resources.ts";

type ProgramStatus = {
  readonly program: Program;
  readonly ready: number;
  readonly pods: number;
  readonly versions: readonly string[];
};

type GroupStatus = {
  readonly node: string;
  readonly group: string;
  readonly ready: "True" | "False" | "Unknown";
  readonly cordoned: boolean;
  readonly reason: string;
  /** Why it is not ready; nothing where it is. */
  readonly message: string;
  readonly remedy: string;
  readonly devices: { readonly inUse: number; readonly all: number };
  readonly volumes: number;
  readonly orphans: number;
  readonly size: Bytes;
  /** Promised to volumes, tombstones included. */
  readonly used: Bytes;
  /** What spec.reserved keeps, and what others have in the group. */
  readonly reserved: Bytes;
  readonly free: Bytes;
  /** How much of what Stowage may promise is promised, in per cent; above 100 after a loss of room. */
  readonly pressure: number;
};

export type StatusView = {
  readonly programs: readonly ProgramStatus[];
  readonly groups: readonly GroupStatus[];
};

/** All of Stowage in one look. */
export const statusView = (
  groups: readonly NodeLocalStorage[],
  pods: readonly ProgramPod[],
): StatusView => ({
  programs: programs.map((program) => programStatus(program, pods)),
  groups: groups
    .map(groupStatus)
    .toSorted((a, b) => byName(a.node, b.node) || byName(a.group, b.group)),
});

const programStatus = (program: Program, pods: readonly ProgramPod[]): ProgramStatus => {
  const own = pods.filter((pod) => isOf(program, pod));
  return {
    program,
    ready: own.filter(({ ready }) => ready === "ready").length,
    pods: own.length,
    versions: [...new Set(own.map(versionOf))].toSorted(),
  };
};

const groupStatus = (storage: NodeLocalStorage): GroupStatus => {
  const { spec, status } = storage;
  const group = groupOf(storage);
  const ready = status.conditions.find(({ type }) => type === "Ready");
  const used = takenBy(
    group.reservations.map(({ size }) => size),
    group.extentSize,
  );
  const reason = ready?.reason ?? "NotReported";
  return {
    node: spec.nodeName,
    group: spec.volumeGroup,
    ready: ready?.status ?? "Unknown",
    cordoned: spec.cordoned,
    reason,
    message: ready?.status === "True" ? "" : (ready?.message ?? "its agent has not reported yet"),
    remedy: groupRemedies[reason] ?? "",
    devices: {
      inUse: status.devices.filter(({ state }) => state === "InUse").length,
      all: status.devices.length,
    },
    volumes: spec.volumes.length,
    orphans: status.orphans.length,
    size: group.size,
    used,
    reserved: subtract(group.size, group.allocatable),
    free: free(group),
    pressure: pressureOf(used, group.allocatable),
  };
};

const pressureOf = (used: Bytes, allocatable: Bytes): number => {
  if (allocatable === 0) return used === 0 ? 0 : 100;
  return Math.floor((used / allocatable) * 100);
};
