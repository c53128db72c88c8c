import type { DeviceStatus, NodeLocalStorageSpec } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import type { BlockDevice, PhysicalVolume } from "@stowage/lvm";
import { isOnNode } from "@stowage/lvm";
import { awayUnder, wordsForAway } from "./away-device.ts";
import { defined } from "./defined.ts";
import type { DeviceRefusal, DeviceVerdict, KnownDevice } from "./device-verdict.ts";
import { eraseStep, identityOfDevice, marksOf, typesOf } from "./erase-record.ts";
import type { Memory } from "./memory.ts";
import { refuseMixedSectors } from "./mixed-sectors.ts";
import type { DeviceSeen, Observation, Signatures } from "./observation.ts";
import type { Why } from "./refuse-device.ts";
import {
  isLone,
  refusalOfCloserLook,
  refusalOfContent,
  refusalOfDoubt,
  refusalOfEnds,
  refusalOfMember,
  refusalOfUse,
} from "./refuse-device.ts";

/**
 * One verdict for each device. A device of the group is known by its physical volume's UUID, whatever
 * its path leads to today; any other by what its path leads to.
 */
export const judgeDevices = (
  spec: NodeLocalStorageSpec,
  observation: Observation,
  memory: DeviceMemory,
): DeviceVerdict[] => {
  const known = knownByUuid(observation, memory.previous);
  const seen = new Map<string, string>(
    [...known].map(([path, { deviceNumber }]) => [deviceNumber, path]),
  );
  const verdicts = observation.devices.map((device) => {
    const physicalVolume = known.get(device.path);
    if (physicalVolume !== undefined) return inUse(device, physicalVolume, observation, memory);
    const verdict = judgeDevice(spec, device, observation, memory);
    if (device.found.kind !== "block_device") return verdict;
    const { deviceNumber } = device.found.device;
    const first = seen.get(deviceNumber);
    if (first !== undefined) {
      return refuse(device, "Duplicate", `leads to the same device as ${first}; list it once`);
    }
    seen.set(deviceNumber, device.path);
    return verdict;
  });
  return refuseMixedSectors(verdicts, observation);
};

/** What no look at the devices can tell. */
export type DeviceMemory = Pick<Memory, "previous" | "emptyFor" | "settleTime">;

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
  { group }: Observation,
  { previous }: DeviceMemory,
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
    ...defined({ serial }),
    kind: "in_use",
    physicalVolume,
    wish,
    ...defined({
      grownFrom: grownFrom(physicalVolume, group, previous),
      message: strayed
        ? `is ${physicalVolume.path} now, as its UUID shows; name it by /dev/disk/by-id, which does not change`
        : undefined,
    }),
  };
};

/**
 * The size that was last reported of a device that grew since, by at least one extent that LVM does
 * not know of. An admin who made the physical volume smaller than its device meant that.
 */
const grownFrom = (
  { uuid, deviceSize, dataStart, extents }: PhysicalVolume,
  group: Observation["group"],
  previous: readonly DeviceStatus[],
): Bytes | undefined => {
  const before = previous.find(({ id }) => id === uuid)?.size;
  if (group.kind !== "present" || before === undefined || before >= deviceSize) return undefined;
  const fits = Math.floor((deviceSize - dataStart) / group.group.extentSize);
  return fits > extents ? before : undefined;
};

const judgeDevice = (
  spec: NodeLocalStorageSpec,
  seen: DeviceSeen,
  observation: Observation,
  memory: DeviceMemory,
): DeviceVerdict => {
  const { path, origin, wish, found } = seen;
  const { previous } = memory;
  switch (found.kind) {
    case "missing":
    case "empty": {
      const what =
        found.kind === "empty" ? "reads as empty: it has 0 bytes" : "no such device on the node";
      const message = `${what}; ${found.kind === "empty" ? "see dmesg, replace" : "connect"} it, or take it out of spec.devices`;
      return { path, origin, kind: "missing", message };
    }
    case "not_a_block_device":
      return refuse(seen, "NotABlockDevice", `is a ${found.what}; name a disk or a partition`);
    case "block_device":
  }
  const { device, signatures, partitions, closer } = found;
  const physicalVolume = physicalVolumeOn(device, observation);
  if (physicalVolume !== undefined) return inUse(seen, physicalVolume, observation, memory);
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
  const used = refusalOfUse(path, device, observation, spec) ?? refusalOfDoubt(seen);
  if (used !== undefined) return refuse(seen, used.reason, used.message);
  const content = refusalOfContent(device, signatures, partitions, observation);
  const erasable =
    content !== undefined && wish === "erase" && isErasable(content.reason, signatures, partitions);
  if (content !== undefined && !erasable) return refuse(seen, content.reason, content.message);
  const hindrance =
    refusalOfCloserLook(device, closer, observation) ??
    refusalOfEnds(closer) ??
    (origin === "matched" ? refusalOfAge(about, memory) : undefined);
  if (hindrance !== undefined) return refuse(seen, hindrance.reason, hindrance.message);
  return content === undefined
    ? { ...about, kind: "usable", label: lone ? "lone" : "none", known: knownAs(seen, found) }
    : erase(seen, found, previous);
};

type BlockFound = DeviceSeen["found"] & { readonly kind: "block_device" };

const knownAs = ({ path }: DeviceSeen, { device, closer }: BlockFound): KnownDevice => {
  const names = closer.kind === "read" ? closer.partitionPaths : new Map<string, string>();
  const { deviceNumber, size, sectorSize, serial } = device;
  const partitions = device.holders.map((partition) => ({
    path: names.get(partition.kernelName) ?? "",
    deviceNumber: partition.deviceNumber,
  }));
  return { path, deviceNumber, size, sectorSize, serial, partitions };
};

/** What an entry with wipe says may go, while its wish is not spent. */
const erase = (
  seen: DeviceSeen,
  found: BlockFound,
  previous: readonly DeviceStatus[],
): DeviceVerdict => {
  const { device, signatures, partitions } = found;
  const known = knownAs(seen, found);
  const nameless = device.holders.find((_, index) => known.partitions[index]?.path === "");
  if (nameless !== undefined) {
    return refuse(
      seen,
      "PartitionTable",
      `has a partition, ${nameless.kernelName}, of which there is no name ${seen.path}-part*; without one that no other disk can take over it is not erased: see udevadm settle, or erase it by hand`,
    );
  }
  const erased = identityOfDevice(device);
  const marks = marksOf(signatures, partitions);
  const record = previous.find(({ path }) => path === seen.path);
  const step = eraseStep(record, erased, marks);
  if (step === "spent") {
    return refuse(
      seen,
      "ErasedBefore",
      `holds ${marks.join(", ")}, which came onto it after its entry's wipe was carried out; take wipe off the entry and put it on again if that may go too, or take it out of spec.devices`,
    );
  }
  return {
    ...aboutDevice(seen, device),
    kind: "erasable",
    known,
    erased,
    types: typesOf(signatures, partitions),
    erasing: step === "erase" ? (record?.erasing ?? marks) : marks,
    record: step === "erase" ? "told" : "untold",
  };
};

/** By what a disk that matches is known from look to look. */
export const settlingKeyOf = ({
  path,
  kernelName,
  size,
  serial,
}: Pick<DeviceVerdict, "path" | "kernelName" | "size" | "serial">): string =>
  [path, kernelName, size, serial].join(" ");

/**
 * A disk that another driver has just attached is empty too, until its user has written to it. The
 * words stay the same while it waits, so that nothing is written to the API server meanwhile.
 */
const refusalOfAge = (
  about: Parameters<typeof settlingKeyOf>[0],
  { emptyFor, settleTime }: DeviceMemory,
): Why | undefined => {
  const span = emptyFor.get(settlingKeyOf(about));
  return span !== undefined && span >= settleTime
    ? undefined
    : {
        reason: "Settling",
        message: `is empty; it is used if it still is when it has been seen so for ${settleTime / 1000} s`,
      };
};

const aboutDevice = (
  { path, origin }: DeviceSeen,
  { kernelName, size, serial }: BlockDevice,
): Pick<DeviceVerdict, "path" | "origin" | "kernelName" | "size" | "serial"> => ({
  path,
  origin,
  kernelName,
  size,
  ...defined({ serial }),
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
  !typesOf(signatures, partitions).includes("LVM2_member");

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
    ? defined({
        kernelName: found.device.kernelName,
        size: found.device.size,
        serial: found.device.serial,
      })
    : {}),
  kind: "refused",
  reason,
  message,
});
