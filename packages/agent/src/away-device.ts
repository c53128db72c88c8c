import type { DeviceStatus } from "@stowage/api";
import type { BlockDevice } from "@stowage/lvm";
import type { Observation } from "./observation.ts";

/**
 * The UUID of the group's device that `path` was last reported to lead to, and does not. With the
 * group nowhere to be seen, a device of it that reads as clean is a device that fails.
 */
export const awayUnder = (
  path: string,
  { group }: Observation,
  previous: readonly DeviceStatus[],
): string | undefined => {
  const id = previous.find((device) => device.path === path)?.id;
  if (id === undefined || group.kind !== "present") return id;
  return group.group.physicalVolumes.some(({ uuid }) => uuid === id) ? id : undefined;
};

/** What to do about a path that leads to something else than the group's device `id`. */
export const wordsForAway = (
  path: string,
  { serial }: BlockDevice,
  id: string,
  previous: readonly DeviceStatus[],
): string =>
  serial !== undefined && previous.find((device) => device.path === path)?.serial === serial
    ? `is the disk that held the physical volume ${id} of the group (${serial}), but LVM finds no label on it; restore it (pvcreate --uuid --restorefile, vgcfgrestore) or bring the data back`
    : `does not lead to the physical volume ${id} any more, which is part of the group; bring that disk back`;
