import type { NodeLocalStorageSpec } from "@stowage/api";
import { mib, show } from "@stowage/capacity";
import type { BlockDevice, PhysicalVolume } from "@stowage/lvm";
import type { DeviceRefusal } from "./device-verdict.ts";
import type { Observation, OtherGroup, Signatures } from "./observation.ts";

/** LVM's label and a metadata area of 4 MiB, aligned, then at least two extents. */
const leastSize = mib(16);

/** A refusal in words: where the trouble is, and what to do. */
export type Why = { readonly reason: DeviceRefusal; readonly message: string };

const takeOutAlone = "take it out of spec.devices";
const takeOut = `or ${takeOutAlone}`;

/** Whose devices are judged. */
type OwnName = Pick<NodeLocalStorageSpec, "volumeGroup" | "nodeName">;

/** What forbids to use a device that is no part of the group; undefined when nothing does. */
export const refusalOf = (
  path: string,
  device: BlockDevice,
  signatures: Signatures,
  observation: Observation,
  spec: OwnName,
): Why | undefined => {
  const otherGroup = observation.otherGroups.get(device.deviceNumber);
  if (otherGroup !== undefined) return refusalOfMember(otherGroup, spec);
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
    return { reason: "ReadOnly", message: `is read-only; ${takeOutAlone}` };
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
  return (
    refusalOfSignatures(path, device, signatures, observation) ?? refusalOfTwin(device, observation)
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
  if (foreign.includes("LVM2_member")) {
    return {
      reason: "GroupNotSeen",
      message: `holds a physical volume whose volume group LVM does not show here (system ID, lvmlockd or a filter?); make the group visible, ${takeOut}`,
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

/**
 * vgcreate marks its devices before it writes the group: cut off in between, it leaves a physical
 * volume of no group, which holds nothing.
 */
export const isLone = ({ deviceNumber }: BlockDevice, { loneDevices }: Observation): boolean =>
  loneDevices.get(deviceNumber) === "none";

/**
 * Another device with the same WWN or serial number. Partitions are told those of their disk: only
 * the one with the same number is a twin.
 */
const refusalOfTwin = (device: BlockDevice, { devices }: Observation): Why | undefined => {
  if (device.serial === undefined) return undefined;
  const twin = devices.find(
    ({ found }) =>
      found.kind === "block_device" &&
      found.device.serial === device.serial &&
      found.device.type === device.type &&
      partitionNumber(found.device) === partitionNumber(device) &&
      found.device.deviceNumber !== device.deviceNumber,
  );
  if (twin === undefined) return undefined;
  return {
    reason: "DuplicateId",
    message: `has the same id (${device.serial}) as ${twin.path}: two ways to one disk, or a copy; name the multipath device, or take one out`,
  };
};

const partitionNumber = ({ type, kernelName }: BlockDevice): string =>
  type === "part" ? (/\d+$/.exec(kernelName)?.[0] ?? "") : "";
