import type { VolumeEntry } from "@stowage/api";
import type { Extents } from "@stowage/capacity";
import { sizeOf, subtract } from "@stowage/capacity";
import type { LogicalVolume, PhysicalVolume, VolumeGroup } from "@stowage/lvm";
import { newTag, tagsFor } from "@stowage/lvm";
import { extentsOf, metadataOfVolume, publicVolumes } from "./judge-volumes.ts";
import type { Observation } from "./observation.ts";
import type { Action } from "./plan.ts";

/**
 * What a look would find after an action that succeeded; undefined where only a look can tell. So a
 * volume costs one command and not two, and a batch is reported while it goes on.
 */
export const afterAction = (observation: Observation, action: Action): Observation | undefined => {
  if (observation.group.kind !== "present") return undefined;
  if (movesExtents(action) && isLeft(observation)) return undefined;
  const seen = observation.group;
  const { group } = seen;
  const changed = (
    by: Partial<VolumeGroup>,
    names: Partial<Pick<Observation, "linked">> = {},
  ): Observation => ({
    ...observation,
    group: { ...seen, group: { ...group, ...by } },
    ...names,
  });
  switch (action.kind) {
    case "create_volume": {
      const { entry, extents } = action;
      const volume: LogicalVolume = {
        name: entry.name,
        uuid: "",
        size: sizeOf(extents, group.extentSize),
        tags: [...tagsFor({ volume: entry.name, claim: entry.claim }), newTag],
        visibility: "public",
        activation: "active",
        use: "closed",
        health: "whole",
        layout: ["linear"],
        deviceNumber: undefined,
        origin: undefined,
        pool: undefined,
        extentRanges: [],
        activationFlag: "none",
        move: undefined,
      };
      return changed(
        {
          ...taken(group, extents),
          metadataFree: subtract(group.metadataFree, metadataOfVolume),
          logicalVolumes: [...group.logicalVolumes, volume],
        },
        { linked: plus(observation.linked, entry) },
      );
    }
    case "remove_volume": {
      const volume = publicVolumes(group).get(action.entry.name);
      // Only of a linear volume are its extents all that it took.
      if (volume?.layout.join() !== "linear") return undefined;
      return changed(
        {
          ...taken(group, 0 - extentsOf(volume, group)),
          logicalVolumes: group.logicalVolumes.filter((other) => other !== volume),
        },
        { linked: minus(observation.linked, action.entry) },
      );
    }
    case "mark_volume": {
      const { entry, off, on } = action;
      const volume = publicVolumes(group).get(entry.name);
      if (volume === undefined) return undefined;
      const tags = [...volume.tags.filter((tag) => !off.includes(tag)), ...on];
      const marked = { ...volume, tags };
      return changed({
        logicalVolumes: group.logicalVolumes.map((other) => (other === volume ? marked : other)),
      });
    }
    // What changes is remembered, not seen.
    case "clean_volume":
    case "zero_volume":
    case "format_volume":
    case "wipe_volume":
    case "move_extents":
      return observation;
    // A PersistentVolume gets the size that is told: it has to be seen.
    case "extend_volume":
    case "erase_device":
    case "create_group":
    case "extend_group":
    case "restore_device":
    case "refresh_volumes":
    case "resize_device":
    case "hold_device":
    case "release_device":
    case "reduce_group":
    case "unlabel_device":
    case "mark_group":
    case "activate_volumes":
    case "make_nodes":
    case "make_room":
    case "remove_room":
      return undefined;
  }
};

const movesExtents = ({ kind }: Action): boolean =>
  kind === "create_volume" || kind === "remove_volume";

/**
 * Whether a device is to leave the group: then the room on each single device is judged, and LVM
 * alone knows from which of them it took extents.
 */
const isLeft = ({ devices }: Observation): boolean =>
  devices.some(({ wish }) => wish === "evacuate");

const plus = (names: ReadonlySet<string>, { name }: VolumeEntry): ReadonlySet<string> =>
  new Set([...names, name]);

const minus = (names: ReadonlySet<string>, { name }: VolumeEntry): ReadonlySet<string> =>
  new Set([...names].filter((other) => other !== name));

/** Extents taken from the devices that allow it, in order; a negative number gives them back. */
const taken = (
  group: VolumeGroup,
  extents: number,
): Pick<VolumeGroup, "freeExtents" | "physicalVolumes"> => {
  let left = extents;
  const physicalVolumes = group.physicalVolumes.map((device): PhysicalVolume => {
    if (device.allocation === "held" || device.presence === "missing") return device;
    const room = device.extents - device.allocatedExtents;
    const here = left >= 0 ? Math.min(left, room) : -Math.min(-left, device.allocatedExtents);
    left -= here;
    return { ...device, allocatedExtents: (device.allocatedExtents + here) as Extents };
  });
  return { freeExtents: (group.freeExtents - extents) as Extents, physicalVolumes };
};
