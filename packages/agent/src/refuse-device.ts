import type { NodeLocalStorageSpec } from "@stowage/api";
import { mib, show } from "@stowage/capacity";
import type { BlockDevice, PhysicalVolume } from "@stowage/lvm";
import { eachDevice } from "@stowage/lvm";
import type { DeviceRefusal } from "./device-verdict.ts";
import { wordsForUser } from "./device-users.ts";
import type { CloserLook, DeviceSeen, Observation, OtherGroup, Signatures } from "./observation.ts";

/** LVM's label and a metadata area of 4 MiB, aligned, then at least two extents. */
const leastSize = mib(16);

/** A refusal in words: where the trouble is, and what to do. */
export type Why = { readonly reason: DeviceRefusal; readonly message: string };

const takeOutAlone = "take it out of spec.devices";
const takeOut = `or ${takeOutAlone}`;

/** Whose devices are judged. */
type OwnName = Pick<NodeLocalStorageSpec, "volumeGroup" | "nodeName">;

/** Who uses a device that is no part of the group, or what forbids any use of it. */
export const refusalOfUse = (
  path: string,
  device: BlockDevice,
  observation: Observation,
  spec: OwnName,
): Why | undefined => {
  const otherGroup = observation.otherGroups.get(device.deviceNumber);
  if (otherGroup !== undefined) return refusalOfMember(otherGroup, spec);
  return (
    refusalOfMount(path, device) ??
    refusalOfHolder(device, observation) ??
    refusalOfMake(path, device)
  );
};

/** A device of a group that is not the object's. */
export const refusalOfMember = (
  { name, uuid, nodes, lockType, systemId }: OtherGroup,
  { volumeGroup, nodeName }: OwnName,
): Why => {
  if (lockType !== undefined) {
    return {
      reason: "SharedGroup",
      message: `belongs to volume group ${name} (${uuid}), which several hosts share (lock type ${lockType}); ${takeOutAlone}`,
    };
  }
  const others = nodes.filter((node) => node !== nodeName);
  if (others.length > 0) {
    return {
      reason: "OtherNode",
      message: `belongs to volume group ${name} (${uuid}) of node ${others.join(", ")}; ${takeOutAlone}, or hand the group over (docs/operations.md, moving disks to another node)`,
    };
  }
  if (systemId !== undefined && name === volumeGroup) {
    return {
      reason: "OtherHost",
      message: `belongs to volume group ${name} (${uuid}), which is kept for the host that LVM calls ${systemId}; ${takeOutAlone}, or see lvmsystemid(7)`,
    };
  }
  return {
    reason: "InOtherGroup",
    message:
      name === volumeGroup
        ? `belongs to another volume group that is called ${name} (${uuid}); keep it under another name with vgrename ${uuid}, ${takeOut}`
        : `belongs to volume group ${name} (${uuid}); free it with vgreduce and pvremove, ${takeOut}`,
  };
};

const refusalOfMount = (path: string, { mountPoint }: BlockDevice): Why | undefined => {
  if (mountPoint === undefined) return undefined;
  return mountPoint === "[SWAP]"
    ? { reason: "Swap", message: `is swap in use; swapoff ${path} frees it, ${takeOut}` }
    : { reason: "Mounted", message: `is mounted on ${mountPoint}; unmount it, ${takeOut}` };
};

/** Anything below a partition in use makes the whole disk one in use. */
const refusalOfHolder = (
  { holders }: BlockDevice,
  { otherGroups }: Observation,
): Why | undefined => {
  const all = eachDevice(holders);
  const user =
    all.find(({ mountPoint }) => mountPoint !== undefined) ??
    all.find(({ type }) => type !== "part");
  const below = holders.find(({ type }) => type === "part");
  if (user !== undefined && below !== undefined) {
    const what = user.mountPoint ?? `${user.name} (${user.type})`;
    const partition = holders.find((holder) => eachDevice([holder]).includes(user)) ?? below;
    return {
      reason: user.mountPoint === undefined ? "Holder" : "Mounted",
      message: `has a partition in use, ${partition.kernelName} (${what}); name a partition that is free, ${takeOut}`,
    };
  }
  if (user !== undefined) {
    return {
      reason: "Holder",
      message: `is part of ${user.name} (${user.type}); name that device instead, ${takeOut}`,
    };
  }
  const taken = all.find(({ deviceNumber }) => otherGroups.has(deviceNumber));
  if (taken === undefined) return undefined;
  const group = otherGroups.get(taken.deviceNumber)?.name;
  return {
    reason: "InOtherGroup",
    message: `has a partition, ${taken.kernelName}, that belongs to volume group ${group}; name a partition that is free, ${takeOut}`,
  };
};

const refusalOfMake = (
  path: string,
  { access, name, size, type }: BlockDevice,
): Why | undefined => {
  if (type === "lvm") {
    return {
      reason: "LogicalVolume",
      message: `is a logical volume (${name}), of which LVM makes no group; ${takeOutAlone}`,
    };
  }
  if (path.includes(",")) {
    return {
      reason: "OddName",
      message:
        "has a comma in its path, which LVM takes for the end of it; name it by another of its names",
    };
  }
  if (access === "read_only") {
    return { reason: "ReadOnly", message: `is read-only; ${takeOutAlone}` };
  }
  return size < leastSize
    ? {
        reason: "TooSmall",
        message: `has ${show(size)}, and ${show(leastSize)} is the least; use a larger one`,
      }
    : undefined;
};

/** Why a disk is not taken because it matches: nobody named it as one that may be. */
export const refusalOfDoubt = ({ doubt }: DeviceSeen): Why | undefined =>
  doubt === undefined
    ? undefined
    : {
        reason: "NotLocal",
        message: `${doubt}; if it is to be used, name it in spec.devices or by spec.match.paths`,
      };

/** What is on a device that nobody uses. */
export const refusalOfContent = (
  device: BlockDevice,
  signatures: Signatures,
  partitions: Signatures,
  observation: Observation,
): Why | undefined => {
  if (signatures.kind === "unreadable" || partitions.kind === "unreadable") {
    const [why] = [signatures, partitions].flatMap((read) =>
      read.kind === "unreadable" ? [read.why] : [],
    );
    return { reason: "Unreadable", message: `cannot be read: ${why}` };
  }
  // Of a partition, udev tells the table that it is in.
  const table = device.type === "part" ? undefined : device.partitionTable;
  if (device.holders.length > 0 || table !== undefined) {
    return partitioned(table ?? "partition table");
  }
  return refusalOfSignatures(device, signatures, observation);
};

const partitionTables = new Set(["gpt", "dos", "PMBR", "bsd", "sun", "sgi", "mac", "atari"]);

const partitioned = (table: string): Why => ({
  reason: "PartitionTable",
  message: `has a partition table (${table}); name a partition, say wipe: true if all of it may go, ${takeOut}`,
});

const refusalOfSignatures = (
  device: BlockDevice,
  signatures: Signatures,
  observation: Observation,
): Why | undefined => {
  // Without a look at the signatures nothing is known to be clean.
  const types = signatures.kind === "read" ? signatures.types : ["unknown"];
  const lone = isLone(device, observation);
  const foreign = types.filter((type) => !(lone && type === "LVM2_member"));
  const [type] = foreign;
  if (type === undefined) return undefined;
  if (partitionTables.has(type)) return partitioned(type);
  const original = signatures.kind === "read" ? originalOf(signatures, observation) : undefined;
  if (original !== undefined) {
    return {
      reason: "DuplicateId",
      message: `has the same physical volume UUID (${original.uuid}) as ${original.path}: a copy of it, or a second way to it; name the multipath device, ${takeOut}`,
    };
  }
  if (foreign.includes("LVM2_member")) {
    return {
      reason: "GroupNotSeen",
      message: `holds a physical volume whose volume group LVM does not show here (system ID, lvmlockd or a filter?), and Stowage never erases one; make the group visible, ${takeOut}`,
    };
  }
  return {
    reason: "Signature",
    message: `holds ${foreign.join(" and ")} data; say wipe: true if it may go, ${takeOut}`,
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

/**
 * vgcreate marks its devices before it writes the group: cut off in between, it leaves a physical
 * volume of no group, which holds nothing.
 */
export const isLone = ({ deviceNumber }: BlockDevice, { loneDevices }: Observation): boolean =>
  loneDevices.get(deviceNumber) === "none";

/** What a closer look found against taking a device, or erasing it. */
export const refusalOfCloserLook = (
  device: BlockDevice,
  closer: CloserLook,
  observation: Observation,
): Why | undefined => {
  if (closer.kind === "unread") {
    return { reason: "Unreadable", message: "was not looked at closely yet" };
  }
  if (closer.kind === "unreadable") {
    return { reason: "Unreadable", message: `could not be looked at closely: ${closer.why}` };
  }
  const [user] = closer.users;
  if (user !== undefined) {
    return { reason: "Opened", message: `${wordsForUser(user)}, ${takeOut}` };
  }
  const twin = refusalOfTwin(device, observation);
  if (twin !== undefined) return twin;
  return closer.filter === "shuts_out"
    ? {
        reason: "FilteredOut",
        message: `is shut out by filter or global_filter in the host's lvm.conf, so that the host's own LVM would not see the group; let it in there, ${takeOut}`,
      }
    : undefined;
};

/** What lies on a disk that only matches and has no signature that is known. */
export const refusalOfEnds = (closer: CloserLook): Why | undefined =>
  closer.kind === "read" && closer.ends === "data"
    ? {
        reason: "UnknownData",
        message:
          "has no known signature, but its first or last MiB is not all zero: a raw volume, a cipher or a database may be on it; name it in spec.devices if it may be used",
      }
    : undefined;

/**
 * Another device with the same WWN or serial number, anywhere on the host: a path by it may lead to
 * the other one tomorrow. Partitions are told those of their disk: only the one with the same number
 * is a twin.
 */
const refusalOfTwin = (
  device: BlockDevice,
  { devices, hostDevices }: Observation,
): Why | undefined => {
  if (device.serial === undefined) return undefined;
  const named = new Map(
    devices.flatMap(({ path, found }): [string, string][] =>
      found.kind === "block_device" ? [[found.device.deviceNumber, path]] : [],
    ),
  );
  const seen = devices.flatMap(({ found }) =>
    found.kind === "block_device" ? [found.device] : [],
  );
  const twin = [...seen, ...eachDevice(hostDevices)].find(
    (other) =>
      other.serial === device.serial &&
      other.type === device.type &&
      partitionNumber(other) === partitionNumber(device) &&
      other.deviceNumber !== device.deviceNumber,
  );
  if (twin === undefined) return undefined;
  return {
    reason: "DuplicateId",
    message: `has the same id (${device.serial}) as ${named.get(twin.deviceNumber) ?? twin.kernelName}: two ways to one disk, or a copy; name the multipath device, or take one out`,
  };
};

const partitionNumber = ({ type, kernelName }: BlockDevice): string =>
  type === "part" ? (/\d+$/.exec(kernelName)?.[0] ?? "") : "";
