import type { Bytes } from "@stowage/capacity";
import { eachDevice } from "@stowage/lvm";
import { defined } from "./defined.ts";
import type { DeviceVerdict } from "./device-verdict.ts";
import type { Observation } from "./observation.ts";

/**
 * LVM does not mix sizes of sectors in one group: what the group has decides, or else what most of
 * those have that could make it.
 */
export const refuseMixedSectors = (
  verdicts: readonly DeviceVerdict[],
  observation: Observation,
): DeviceVerdict[] => {
  const usable = verdicts.flatMap((verdict) => (verdict.kind === "usable" ? [verdict] : []));
  const sizes = usable.map(({ known }) => known.sectorSize);
  const common = sectorSizeOfGroup(observation) ?? mostFrequent(sizes);
  return verdicts.map((verdict) => {
    if (verdict.kind !== "usable" || verdict.known.sectorSize === common) return verdict;
    const { path, origin, kernelName, size, known } = verdict;
    return {
      path,
      origin,
      ...defined({ kernelName, size }),
      kind: "refused",
      reason: "SectorSize",
      message: `has sectors of ${known.sectorSize} bytes, and the group's other devices have ${common}; LVM does not mix them: put it into a group of its own`,
    };
  });
};

const sectorSizeOfGroup = ({ group, devices, hostDevices }: Observation): Bytes | undefined => {
  if (group.kind !== "present") return undefined;
  const ours = new Set(group.group.physicalVolumes.map(({ deviceNumber }) => deviceNumber));
  const named = devices.flatMap(({ found }) =>
    found.kind === "block_device" ? [found.device] : [],
  );
  return [...named, ...eachDevice(hostDevices)].find(({ deviceNumber }) => ours.has(deviceNumber))
    ?.sectorSize;
};

/** The first of those that are there most often. */
const mostFrequent = (sizes: readonly Bytes[]): Bytes | undefined => {
  const countOf = (size: Bytes): number => sizes.filter((other) => other === size).length;
  return sizes.toSorted((a, b) => countOf(b) - countOf(a))[0];
};
