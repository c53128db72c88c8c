import type { NodeLocalStorageSpec } from "@stowage/api";
import type { Extents } from "@stowage/capacity";
import { extentsFor, show, showNeed, sizeOf } from "@stowage/capacity";
import type { PhysicalVolume, VolumeGroup } from "@stowage/lvm";
import { evacuatingTag } from "@stowage/lvm";
import type { DeviceVerdict } from "./device-verdict.ts";
import { publicVolumes } from "./judge-volumes.ts";
import type { Memory } from "./memory.ts";

/** Where a device that is to leave the group stands. */
export type EvacuationStep =
  /** Keep new volumes off it. */
  | { readonly kind: "hold" }
  | { readonly kind: "move" }
  | { readonly kind: "moving"; readonly percent: number }
  /** Empty: take it out of the group. */
  | { readonly kind: "reduce" }
  /** Nobody wants it to leave any more: volumes may go there again. */
  | { readonly kind: "release" }
  /** Another device is leaving; one at a time. */
  | { readonly kind: "next" }
  | {
      readonly kind: "refused";
      readonly reason: "NoSpace" | "LastDevice";
      readonly message: string;
    };

/** A step for each physical volume that is leaving, or was; by UUID. */
export const judgeEvacuations = (
  spec: NodeLocalStorageSpec,
  group: VolumeGroup,
  devices: readonly DeviceVerdict[],
  memory: Memory,
): ReadonlyMap<string, EvacuationStep> => {
  const steps = new Map<string, EvacuationStep>();
  const leaving = new Set(
    devices.flatMap((device) =>
      device.kind === "in_use" && device.wish === "evacuate" ? [device.physicalVolume.uuid] : [],
    ),
  );
  let busy: "no" | "yes" = "no";
  for (const device of group.physicalVolumes) {
    if (!leaving.has(device.uuid)) {
      if (!device.tags.includes(evacuatingTag) || memory.movingFrom === device.path) continue;
      // A move of ours that was cut off locks its volumes until it is brought to its end.
      const isHalfway = moveFrom(device, group) !== undefined;
      steps.set(device.uuid, { kind: isHalfway ? "move" : "release" });
      continue;
    }
    const step = stepFor(device, { spec, group, leaving, memory });
    steps.set(device.uuid, busy === "yes" && step.kind !== "refused" ? { kind: "next" } : step);
    if (step.kind !== "refused") busy = "yes";
  }
  return steps;
};

const stepFor = (
  device: PhysicalVolume,
  place: {
    readonly spec: NodeLocalStorageSpec;
    readonly group: VolumeGroup;
    readonly leaving: ReadonlySet<string>;
    readonly memory: Memory;
  },
): EvacuationStep => {
  const { spec, group, leaving, memory } = place;
  const percent = moveFrom(device, group);
  if (memory.movingFrom === device.path) return { kind: "moving", percent: percent ?? 0 };
  // A move that somebody cut off goes on: half of it is on the other devices already.
  if (percent !== undefined) return { kind: "move" };
  const others = group.physicalVolumes.filter(({ uuid }) => uuid !== device.uuid);
  if (others.length === 0) {
    return {
      kind: "refused",
      reason: "LastDevice",
      message: `is the only device of ${group.name}; add another one first`,
    };
  }
  const need = device.allocatedExtents + promisedExtents(spec, group);
  const room = others
    .filter(({ uuid, allocation }) => allocation === "allocatable" && !leaving.has(uuid))
    .reduce((total, other) => total + other.extents - other.allocatedExtents, 0);
  if (need > room)
    return { kind: "refused", reason: "NoSpace", message: noRoom(need, room, group) };
  if (!device.tags.includes(evacuatingTag)) return { kind: "hold" };
  return { kind: device.allocatedExtents === 0 ? "reduce" : "move" };
};

const noRoom = (need: number, room: number, group: VolumeGroup): string => {
  const bytesOf = (extents: number) => sizeOf(extents as Extents, group.extentSize);
  return `cannot be emptied: ${showNeed(bytesOf(need))} of volumes need room, ${show(bytesOf(room))} free on the other devices of ${group.name}; add a device or remove volumes`;
};

/** How much of a move away from `device` is done, in per cent; undefined when there is none. */
const moveFrom = (device: PhysicalVolume, group: VolumeGroup): number | undefined =>
  group.logicalVolumes.find(({ move }) => move?.from === device.path)?.move?.percent;

/** What the ledger promised and nobody has allocated yet. */
const promisedExtents = (spec: NodeLocalStorageSpec, group: VolumeGroup): number => {
  const volumes = publicVolumes(group);
  return spec.volumes
    .filter((entry) => entry.delete !== true)
    .reduce((total, entry) => {
      const has = volumes.get(entry.name)?.size ?? 0;
      const wanted = extentsFor(entry.size, group.extentSize);
      return total + Math.max(0, wanted - Math.ceil(has / group.extentSize));
    }, 0);
};
