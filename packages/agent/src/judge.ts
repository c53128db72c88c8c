import type { NodeLocalStorageSpec } from "@stowage/api";
import type { DeviceVerdict } from "./device-verdict.ts";
import { judgeDevices } from "./judge-devices.ts";
import type { EvacuationStep } from "./judge-evacuation.ts";
import { judgeEvacuations } from "./judge-evacuation.ts";
import type { GroupVerdict } from "./judge-group.ts";
import { judgeGroup } from "./judge-group.ts";
import type { VolumeVerdict } from "./judge-volumes.ts";
import type { Refusal } from "./judge-host.ts";
import { notesOnHost, refusalOfHost } from "./judge-host.ts";
import { judgeVolumes, metadataShortage } from "./judge-volumes.ts";
import type { Memory } from "./memory.ts";
import type { Observation } from "./observation.ts";

/** All that follows from one look: what is planned and what is reported both come from this. */
export type Judgement = {
  readonly devices: readonly DeviceVerdict[];
  readonly group: GroupVerdict;
  /** By the UUID of the physical volume. */
  readonly evacuations: ReadonlyMap<string, EvacuationStep>;
  readonly volumes: ReadonlyMap<string, VolumeVerdict>;
  /** Why a group that is ready takes no volumes now. */
  readonly shortage: Refusal | undefined;
  /** What an admin should know of the host. */
  readonly notes: readonly string[];
};

export const judge = (
  spec: NodeLocalStorageSpec,
  observation: Observation,
  memory: Memory,
): Judgement => {
  const devices = judgeDevices(spec, observation, memory);
  const group = judgeGroup(spec, observation, devices, memory);
  const evacuations =
    group.kind === "ready" && group.owner !== "admin"
      ? judgeEvacuations(spec, group.group, devices, memory)
      : new Map<string, EvacuationStep>();
  const shortage = group.kind === "ready" ? refusalOfHost(group.group, memory.host) : undefined;
  const volumes = judgeVolumes(spec, observation, group, memory, shortage);
  return {
    devices,
    group,
    evacuations,
    volumes,
    shortage: shortage ?? (group.kind === "ready" ? metadataShortage(group.group) : undefined),
    notes: notesOnHost(memory.host),
  };
};

/**
 * Does something stand in the way that the next look may find gone, or is something to be done that
 * must not be done on an old look?
 */
export const needsFreshLook = ({ group, volumes, evacuations }: Judgement): boolean =>
  (group.kind === "ready" && group.marks.length > 0) ||
  [...volumes.values()].some(
    (verdict) =>
      freshKinds.has(verdict.kind) || (verdict.kind === "extend" && verdict.room !== undefined),
  ) ||
  [...evacuations.values()].some(({ kind }) => kind !== "next");

/**
 * Remove: a wipe takes long, and somebody may have built on the volume meanwhile. Extend onto extents
 * that were zeroed: they may have been moved. Gone too: somebody may have made, since the last look,
 * the volume that a tombstone names.
 */
const freshKinds: ReadonlySet<VolumeVerdict["kind"]> = new Set([
  "waiting",
  "refused",
  "wipe",
  "remove",
  "gone",
]);
