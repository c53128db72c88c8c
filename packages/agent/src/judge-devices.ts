import type { DeviceStatus, NodeLocalStorageSpec } from "@stowage/api";
import type { BlockDevice, PhysicalVolume } from "@stowage/lvm";
import { isOnNode } from "@stowage/lvm";
import { awayUnder, wordsForAway } from "./away-device.ts";
import type { DeviceRefusal, DeviceVerdict } from "./device-verdict.ts";
import type { DeviceSeen, Observation, Signatures } from "./observation.ts";
import { isLone, refusalOf, refusalOfMember } from "./refuse-device.ts";

/**
 * One verdict for each device. A device of the group is known by its physical volume's UUID, whatever
 * its path leads to today; any other by what its path leads to.
 */
export const judgeDevices = (
  spec: NodeLocalStorageSpec,
  observation: Observation,
  previous: readonly DeviceStatus[],
): DeviceVerdict[] => {
  const known = knownByUuid(observation, previous);
  const seen = new Map<string, string>(
    [...known].map(([path, { deviceNumber }]) => [deviceNumber, path]),
  );
  return observation.devices.map((device) => {
    const physicalVolume = known.get(device.path);
    if (physicalVolume !== undefined) return inUse(device, physicalVolume);
    const verdict = judgeDevice(spec, device, observation, previous);
    if (device.found.kind !== "block_device") return verdict;
    const { deviceNumber } = device.found.device;
    const first = seen.get(deviceNumber);
    if (first !== undefined) {
      return refuse(device, "Duplicate", `leads to the same device as ${first}; list it once`);
    }
    seen.set(deviceNumber, device.path);
    return verdict;
  });
};

/** The present physical volumes of the group under the paths that they were reported with. */
const knownByUuid = (
  { group, devices }: Observation,
  previous: readonly DeviceStatus[],
): Map<string, PhysicalVolume> => {
  const known = new Map<string, PhysicalVolume>();
  if (group.kind !== "present") return known;
  for (const { path, origin } of devices) {
    // What matches is found anew each time, under whatever name it has.
    if (origin === "matched") continue;
    const id = previous.find((device) => device.path === path)?.id;
    const physicalVolume = group.group.physicalVolumes.find(
      (device) => device.uuid === id && isOnNode(device),
    );
    if (physicalVolume !== undefined) known.set(path, physicalVolume);
  }
  return known;
};

const inUse = (
  { path, origin, wish, found }: DeviceSeen,
  physicalVolume: PhysicalVolume,
): DeviceVerdict => {
  const strayed =
    found.kind !== "block_device" || found.device.deviceNumber !== physicalVolume.deviceNumber;
  const serial = found.kind === "block_device" && !strayed ? found.device.serial : undefined;
  return {
    path,
    origin,
    kernelName:
      strayed || found.kind !== "block_device" ? physicalVolume.path : found.device.kernelName,
    size: physicalVolume.deviceSize,
    ...(serial === undefined ? {} : { serial }),
    kind: "in_use",
    physicalVolume,
    wish,
    ...(strayed
      ? {
          message: `is ${physicalVolume.path} now, as its UUID shows; name it by /dev/disk/by-id, which does not change`,
        }
      : {}),
  };
};

const judgeDevice = (
  spec: NodeLocalStorageSpec,
  seen: DeviceSeen,
  observation: Observation,
  previous: readonly DeviceStatus[],
): DeviceVerdict => {
  const { path, origin, wish, found } = seen;
  if (found.kind === "missing") {
    return {
      path,
      origin,
      kind: "missing",
      message: "no such device on the node; connect it, or take it out of spec.devices",
    };
  }
  if (found.kind === "not_a_block_device") {
    return refuse(seen, "NotABlockDevice", `is a ${found.what}; name a disk or a partition`);
  }
  const { device, signatures, partitions } = found;
  const physicalVolume = physicalVolumeOn(device, observation);
  if (physicalVolume !== undefined) return inUse(seen, physicalVolume);
  const about = aboutDevice(seen, device);
  const lone = isLone(device, observation);
  if (wish === "evacuate") {
    return { ...about, kind: lone && holdsOnlyLabel(signatures) ? "unlabel" : "evacuated" };
  }
  const other = observation.otherGroups.get(device.deviceNumber);
  // The very disk that was the group's: somebody gave it to another node, or to several.
  if (other !== undefined && previous.find((one) => one.path === path)?.id === other.id) {
    const { reason, message } = refusalOfMember(other, spec);
    return refuse(seen, reason, message);
  }
  const away = origin === "named" ? awayUnder(path, observation, previous) : undefined;
  if (away !== undefined) {
    return { path, origin, kind: "missing", message: wordsForAway(path, device, away, previous) };
  }
  const why = refusalOf(path, device, signatures, observation, spec);
  if (why === undefined) return { ...about, kind: "usable", label: lone ? "lone" : "none" };
  if (wish === "erase" && isErasable(why.reason, signatures, partitions)) {
    const targets = [...device.holders.map(({ kernelName }) => kernelName), path];
    return { ...about, kind: "erasable", targets };
  }
  return refuse(seen, why.reason, why.message);
};

const aboutDevice = (
  { path, origin }: DeviceSeen,
  { kernelName, size, serial }: BlockDevice,
): Pick<DeviceVerdict, "path" | "origin" | "kernelName" | "size" | "serial"> => ({
  path,
  origin,
  kernelName,
  size,
  ...(serial === undefined ? {} : { serial }),
});

const physicalVolumeOn = (
  device: BlockDevice,
  { group }: Observation,
): PhysicalVolume | undefined =>
  group.kind === "present"
    ? group.group.physicalVolumes.find(({ deviceNumber }) => deviceNumber === device.deviceNumber)
    : undefined;

/**
 * What an entry with wipe may erase: file systems, partition tables and the like, which nobody uses.
 * A physical volume of LVM's is never erased: its group may be one that cannot be seen.
 */
const isErasable = (
  reason: DeviceRefusal,
  signatures: Signatures,
  partitions: Signatures,
): boolean =>
  (reason === "Signature" || reason === "PartitionTable") &&
  signatures.kind === "read" &&
  partitions.kind !== "unreadable" &&
  [...signatures.types, ...(partitions.kind === "read" ? partitions.types : [])].every(
    (type) => type !== "LVM2_member",
  );

const holdsOnlyLabel = (signatures: Signatures): boolean =>
  signatures.kind === "read" && signatures.types.every((type) => type === "LVM2_member");

const refuse = (
  { path, origin, found }: DeviceSeen,
  reason: DeviceRefusal,
  message: string,
): DeviceVerdict => ({
  path,
  origin,
  ...(found.kind === "block_device"
    ? { kernelName: found.device.kernelName, size: found.device.size }
    : {}),
  kind: "refused",
  reason,
  message,
});
