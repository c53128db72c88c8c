import type { PhysicalVolume, Report, VolumeGroup } from "@stowage/lvm";
import { isOnNode } from "@stowage/lvm";

/**
 * Two reports as one. What the narrow one saw stands, for nothing of the host's settings hides it and
 * nothing but the devices asked for is in it; the wide one adds groups and devices that it did not see.
 */
export const mergeReports = (narrow: Report, wide: Report): Report => {
  const groups = new Set(narrow.groups.map(({ uuid }) => uuid));
  const told = new Set(
    [...narrow.groups.flatMap(present), ...narrow.loneDevices].map(
      ({ deviceNumber }) => deviceNumber,
    ),
  );
  const isNew = ({ deviceNumber }: PhysicalVolume): boolean => !told.has(deviceNumber);
  return {
    groups: [
      ...narrow.groups,
      ...wide.groups
        .filter((group) => !groups.has(group.uuid))
        .flatMap((group) => withoutDevices(group, (device) => !isNew(device))),
    ],
    loneDevices: [...narrow.loneDevices, ...wide.loneDevices.filter(isNew)],
  };
};

/**
 * The report without the physical volumes on devices whose content a pod may write: what is read there
 * is a guest's. `isGuest` is asked for each one that is on the node.
 */
export const withoutGuests = (
  report: Report,
  isGuest: (device: PhysicalVolume) => boolean,
): Report => ({
  groups: report.groups.flatMap((group) => withoutDevices(group, isGuest)),
  loneDevices: report.loneDevices.filter((device) => !isGuest(device)),
});

/** The group without some of its devices; nothing if none of the others is on the node. */
const withoutDevices = (
  group: VolumeGroup,
  drop: (device: PhysicalVolume) => boolean,
): VolumeGroup[] => {
  const physicalVolumes = group.physicalVolumes.filter(
    (device) => !isOnNode(device) || !drop(device),
  );
  const dropped = group.physicalVolumes.length - physicalVolumes.length;
  if (dropped === 0) return [group];
  return physicalVolumes.some(isOnNode)
    ? [{ ...group, physicalVolumes, missingDevices: group.missingDevices + dropped }]
    : [];
};

const present = ({ physicalVolumes }: VolumeGroup): PhysicalVolume[] =>
  physicalVolumes.filter(isOnNode);

/** Where the wide report sees parts of groups that the narrow one saw without them. */
export const devicesBeyond = (narrow: Report, wide: Report): string[] =>
  narrow.groups.flatMap((group) => {
    const seen = new Set(present(group).map(({ uuid }) => uuid));
    const same = wide.groups.find(({ uuid }) => uuid === group.uuid);
    return same === undefined
      ? []
      : present(same).flatMap(({ uuid, path }) => (seen.has(uuid) ? [] : [path]));
  });
