import type { PhysicalVolume, Report, VolumeGroup } from "@stowage/lvm";
import { isOnNode } from "@stowage/lvm";
import type { Claim } from "./find-group.ts";

/** Paths of what a claim's group lacks in one report and has in another. */
export const lackedOf = (
  first: Report,
  second: Report,
  { volumeGroup, reported }: Pick<Claim, "volumeGroup" | "reported">,
): string[] => {
  const begun = first.groups.filter(({ name }) => name === volumeGroup);
  const there = new Set(begun.flatMap(present).map(({ uuid }) => uuid));
  const lacked = new Set([
    ...begun.flatMap(({ physicalVolumes }) => physicalVolumes.map(({ uuid }) => uuid)),
    ...reported,
  ]);
  return second.groups
    .flatMap(present)
    .filter(({ uuid }) => lacked.has(uuid) && !there.has(uuid))
    .map(({ path }) => path);
};

/**
 * The report without groups on a copy of a disk, and without those on a disk and on its copy where nothing
 * tells which is which.
 */
export const withoutCopies = (
  { groups, loneDevices }: Report,
  isCopy: (device: PhysicalVolume) => boolean,
): Report => {
  const originals = groups.filter((group) => !present(group).some(isCopy));
  const uuids = originals.flatMap(present).map(({ uuid }) => uuid);
  const twice = new Set(uuids.filter((uuid, index) => uuids.indexOf(uuid) < index));
  return {
    groups: originals.filter((group) => !present(group).some(({ uuid }) => twice.has(uuid))),
    loneDevices,
  };
};

/** All of two reports, also what both tell of: one UUID in both shows a disk and its copy. */
export const together = (one: Report, other: Report): Report => ({
  groups: [...one.groups, ...other.groups],
  loneDevices: [...one.loneDevices, ...other.loneDevices],
});

/**
 * Two reports as one: the first, and the groups and devices that it does not tell of. A device in the
 * second that bears a group of the first is a copy, or is told of there.
 */
export const besides = (first: Report, second: Report): Report => {
  const told = new Set(first.groups.flatMap(present).map(({ uuid }) => uuid));
  const known = new Set(
    [...first.groups.flatMap(present), ...first.loneDevices].map(
      ({ deviceNumber }) => deviceNumber,
    ),
  );
  return {
    groups: [
      ...first.groups,
      ...second.groups.filter((group) => !present(group).some(({ uuid }) => told.has(uuid))),
    ],
    loneDevices: [
      ...first.loneDevices,
      ...second.loneDevices.filter(({ deviceNumber }) => !known.has(deviceNumber)),
    ],
  };
};

const present = ({ physicalVolumes }: VolumeGroup): PhysicalVolume[] =>
  physicalVolumes.filter(isOnNode);
