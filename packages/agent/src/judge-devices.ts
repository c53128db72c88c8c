import type { DeviceStatus } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { mib, show } from "@stowage/capacity";
import type { BlockDevice, PhysicalVolume } from "@stowage/lvm";
import { isOnNode } from "@stowage/lvm";
import type { DeviceSeen, Observation, Signatures } from "./observation.ts";

/** Why a device is not used; docs/node-local-storage.md says what each means. */
export const deviceRefusals = [
  "Duplicate",
  "DuplicateId",
  "Holder",
  "InOtherGroup",
  "Mounted",
  "NotABlockDevice",
  "PartitionTable",
  "ReadOnly",
  "Signature",
  "Swap",
  "TooSmall",
  "Unreadable",
] as const;

type DeviceRefusal = (typeof deviceRefusals)[number];

/** What may be done with a device. Only a usable one is ever given to vgcreate or vgextend. */
export type DeviceVerdict = {
  readonly path: string;
  readonly origin: DeviceSeen["origin"];
  readonly kernelName?: string;
  readonly size?: Bytes;
  readonly serial?: string;
} & (
  | {
      readonly kind: "in_use";
      readonly physicalVolume: PhysicalVolume;
      readonly wish: DeviceSeen["wish"];
      /** What about its path an admin should know. */
      readonly message?: string;
    }
  /** Lone: with the label of a physical volume of no group, which holds nothing. */
  | { readonly kind: "usable"; readonly label: "none" | "lone" }
  /** To be erased, in this order, before it can be used: its entry says so. */
  | { readonly kind: "erasable"; readonly targets: readonly string[] }
  /** Evacuated, but for the label. */
  | { readonly kind: "unlabel" }
  | { readonly kind: "evacuated" }
  | { readonly kind: "missing"; readonly message: string }
  | { readonly kind: "refused"; readonly reason: DeviceRefusal; readonly message: string }
);

/** LVM's label and a metadata area of 4 MiB, aligned, then at least two extents. */
const leastSize = mib(16);

/**
 * One verdict for each device. A device of the group is known by its physical volume's UUID, whatever
 * its path leads to today; any other by what its path leads to.
 */
export const judgeDevices = (
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
    const verdict = judgeDevice(device, observation, previous);
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
  const away = origin === "named" ? awayUnder(path, observation, previous) : undefined;
  if (away !== undefined) {
    return { path, origin, kind: "missing", message: wordsForAway(path, device, away, previous) };
  }
  const why = refusalOf(path, device, signatures, observation);
  if (why === undefined) {
    const twin = twinOf(device, observation);
    return twin === undefined
      ? { ...about, kind: "usable", label: lone ? "lone" : "none" }
      : refuse(
          seen,
          "DuplicateId",
          `has the same id (${device.serial ?? ""}) as ${twin}: two ways to one disk, or a copy; name the multipath device, or take one out`,
        );
  }
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

/**
 * The UUID of the group's device that `path` was last reported to lead to, and does not. With the
 * group nowhere to be seen, a device of it that reads as clean is a device that fails.
 */
const awayUnder = (
  path: string,
  { group }: Observation,
  previous: readonly DeviceStatus[],
): string | undefined => {
  const id = previous.find((device) => device.path === path)?.id;
  if (id === undefined || group.kind !== "present") return id;
  return group.group.physicalVolumes.some(({ uuid }) => uuid === id) ? id : undefined;
};

const wordsForAway = (
  path: string,
  { serial }: BlockDevice,
  id: string,
  previous: readonly DeviceStatus[],
): string =>
  serial !== undefined && previous.find((device) => device.path === path)?.serial === serial
    ? `is the disk that held the physical volume ${id} of the group (${serial}), but LVM finds no label on it; restore it (pvcreate --uuid --restorefile, vgcfgrestore) or bring the data back`
    : `does not lead to the physical volume ${id} any more, which is part of the group; bring that disk back`;

const physicalVolumeOn = (
  device: BlockDevice,
  { group }: Observation,
): PhysicalVolume | undefined =>
  group.kind === "present"
    ? group.group.physicalVolumes.find(({ deviceNumber }) => deviceNumber === device.deviceNumber)
    : undefined;

/**
 * vgcreate marks its devices before it writes the group: cut off in between, it leaves a physical
 * volume of no group, which holds nothing.
 */
const isLone = ({ deviceNumber }: BlockDevice, { loneDevices }: Observation): boolean =>
  loneDevices.get(deviceNumber) === "none";

const holdsOnlyLabel = (signatures: Signatures): boolean =>
  signatures.kind === "read" && signatures.types.every((type) => type === "LVM2_member");

/**
 * Another device with the same WWN or serial number. Partitions are told those of their disk: only
 * the one with the same number is a twin.
 */
const twinOf = (device: BlockDevice, { devices }: Observation): string | undefined => {
  if (device.serial === undefined) return undefined;
  return devices.find(
    ({ found }) =>
      found.kind === "block_device" &&
      found.device.serial === device.serial &&
      found.device.type === device.type &&
      partitionNumber(found.device) === partitionNumber(device) &&
      found.device.deviceNumber !== device.deviceNumber,
  )?.path;
};

const partitionNumber = ({ type, kernelName }: BlockDevice): string =>
  type === "part" ? (/\d+$/.exec(kernelName)?.[0] ?? "") : "";

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

type Why = { readonly reason: DeviceRefusal; readonly message: string };

const takeOut = "or take it out of spec.devices";

const refusalOf = (
  path: string,
  device: BlockDevice,
  signatures: Signatures,
  observation: Observation,
): Why | undefined => {
  const otherGroup = observation.otherGroups.get(device.deviceNumber);
  if (otherGroup !== undefined) {
    return {
      reason: "InOtherGroup",
      message: `belongs to volume group ${otherGroup}; free it with vgreduce and pvremove, ${takeOut}`,
    };
  }
  if (device.mountPoint === "[SWAP]") {
    return { reason: "Swap", message: `is swap in use; swapoff ${path} frees it, ${takeOut}` };
  }
  if (device.mountPoint !== undefined) {
    return {
      reason: "Mounted",
      message: `is mounted on ${device.mountPoint}; unmount it, ${takeOut}`,
    };
  }
  const user = device.holders.find(
    ({ type, mountPoint, holders }) =>
      type !== "part" || mountPoint !== undefined || holders.length > 0,
  );
  if (user?.type === "part") {
    const what = user.mountPoint ?? user.holders.map(({ kernelName }) => kernelName).join(", ");
    return {
      reason: user.mountPoint === undefined ? "Holder" : "Mounted",
      message: `has a partition in use, ${user.kernelName} (${what}); name a partition that is free, ${takeOut}`,
    };
  }
  if (user !== undefined) {
    return {
      reason: "Holder",
      message: `is part of ${user.kernelName} (${user.type}); name that device instead, ${takeOut}`,
    };
  }
  if (device.access === "read_only") {
    return { reason: "ReadOnly", message: `is read-only; ${takeOut.slice("or ".length)}` };
  }
  if (device.size < leastSize) {
    return {
      reason: "TooSmall",
      message: `has ${show(device.size)}, and ${show(leastSize)} is the least; use a larger one`,
    };
  }
  // Of a partition, udev tells the table that it is in.
  const table = device.type === "part" ? undefined : device.partitionTable;
  if (device.holders.length > 0 || table !== undefined) {
    return partitioned(path, table ?? "partition table");
  }
  return refusalOfSignatures(path, device, signatures, observation);
};

const partitionTables = new Set(["gpt", "dos", "PMBR", "bsd", "sun", "sgi", "mac", "atari"]);

const partitioned = (path: string, table: string): Why => ({
  reason: "PartitionTable",
  message: `has a partition table (${table}); name a partition, or erase it with wipefs --all ${path} if it may go, ${takeOut}`,
});

const refusalOfSignatures = (
  path: string,
  device: BlockDevice,
  signatures: Signatures,
  observation: Observation,
): Why | undefined => {
  if (signatures.kind === "unreadable") {
    return { reason: "Unreadable", message: `cannot be read: ${signatures.why}` };
  }
  // Without a look at the signatures nothing is known to be clean.
  const types = signatures.kind === "read" ? signatures.types : ["unknown"];
  const lone = isLone(device, observation);
  const foreign = types.filter((type) => !(lone && type === "LVM2_member"));
  const [type] = foreign;
  if (type === undefined) return undefined;
  if (partitionTables.has(type)) return partitioned(path, type);
  const original = signatures.kind === "read" ? originalOf(signatures, observation) : undefined;
  if (original !== undefined) {
    return {
      reason: "DuplicateId",
      message: `has the same physical volume UUID (${original.uuid}) as ${original.path}: a copy of it, or a second way to it; name the multipath device, ${takeOut}`,
    };
  }
  return {
    reason: "Signature",
    message: `holds ${foreign.join(" and ")} data; erase it with wipefs --all ${path} if it may go, ${takeOut}`,
  };
};

/** The group's device of which another one carries the label. */
const originalOf = (
  { physicalVolumes }: Signatures & { readonly kind: "read" },
  { group }: Observation,
): PhysicalVolume | undefined =>
  group.kind === "present"
    ? group.group.physicalVolumes.find(({ uuid }) => physicalVolumes.includes(uuid))
    : undefined;

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
