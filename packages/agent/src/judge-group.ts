import type { NodeLocalStorageSpec } from "@stowage/api";
import type { VolumeGroup } from "@stowage/lvm";
import { managedTag } from "@stowage/lvm";
import type { DeviceVerdict } from "./device-verdict.ts";
import type { Memory } from "./memory.ts";
import type { Observation } from "./observation.ts";

/** How far the group can be worked with. */
export type GroupVerdict =
  /** Takes every change. */
  | { readonly kind: "ready"; readonly group: VolumeGroup; readonly owner: Owner }
  /** There, but not to be changed: `reason` and `message` say why. */
  | {
      readonly kind: "frozen";
      readonly group: VolumeGroup;
      readonly reason: string;
      readonly message: string;
    }
  /** Surely nowhere on the node, and there are clean devices to make it on. */
  | { readonly kind: "to_be_made" }
  /** Gone: it surely is nowhere, and no named device is away that might hold it. */
  | { readonly kind: "none"; readonly reason: string; readonly message: string }
  /** Nobody can say whether it still exists. */
  | { readonly kind: "unknown"; readonly reason: string; readonly message: string };

/**
 * Stowage: made by us, or taken over; gets the new devices of spec. Adoptable: made by hand on
 * devices that are all in spec, to be marked as ours. Admin: spec names no devices, so that its
 * make-up is nobody's business here.
 */
type Owner = "stowage" | "adoptable" | "admin";

export const judgeGroup = (
  spec: NodeLocalStorageSpec,
  { group: seen }: Observation,
  devices: readonly DeviceVerdict[],
  memory: Memory,
): GroupVerdict => {
  switch (seen.kind) {
    case "present":
      return judgePresent(spec, seen.group, devices, memory);
    case "absent":
      return judgeAbsent(spec, devices, memory);
    case "not_seen":
      return {
        kind: "unknown",
        reason: "ScanFailed",
        message: `${spec.volumeGroup} is not on the devices of spec, and not all others could be asked: ${seen.why}`,
      };
    case "ambiguous":
      return {
        kind: "unknown",
        reason: "DuplicateName",
        message: `several volume groups are called ${spec.volumeGroup} (${seen.uuids.join(", ")}); rename one by its UUID with vgrename`,
      };
  }
};

const judgePresent = (
  spec: NodeLocalStorageSpec,
  group: VolumeGroup,
  devices: readonly DeviceVerdict[],
  memory: Memory,
): GroupVerdict => {
  const frozen = (reason: string, message: string): GroupVerdict => ({
    kind: "frozen",
    group,
    reason,
    message,
  });
  if (group.state === "exported") {
    return frozen("Exported", `${group.name} is exported; bring it in with vgimport ${group.name}`);
  }
  if (group.state === "read_only") {
    return frozen("ReadOnly", `${group.name} is read-only; vgchange --permission rw ${group.name}`);
  }
  if (group.missingDevices > 0) {
    const lost = group.physicalVolumes
      .filter(({ presence }) => presence === "missing")
      .map(({ uuid }) => previousPathOf(uuid, memory) ?? uuid);
    return frozen(
      "DevicesMissing",
      `${group.name} lacks ${group.missingDevices} of its devices (${lost.join(", ")}); bring them back, Stowage never drops one by itself`,
    );
  }
  if (!namesDevices(spec)) return { kind: "ready", group, owner: "admin" };
  if (group.tags.includes(managedTag)) return { kind: "ready", group, owner: "stowage" };
  const named = new Set(
    devices.flatMap((device) =>
      device.kind === "in_use" ? [device.physicalVolume.deviceNumber] : [],
    ),
  );
  const strangers = group.physicalVolumes.filter(({ deviceNumber }) => !named.has(deviceNumber));
  if (strangers.length === 0) return { kind: "ready", group, owner: "adoptable" };
  return frozen(
    "NotOurs",
    `${group.name} was not made by Stowage and lies on ${strangers.map(({ path }) => path).join(", ")} too; name all its devices in spec.devices, or none to use it as it is`,
  );
};

const previousPathOf = (id: string, { previous }: Memory): string | undefined => {
  const path = previous.find((device) => device.id === id)?.path;
  return path === undefined ? undefined : `${path}, UUID ${id}`;
};

/** Whether the spec says on what the group is to lie. */
const namesDevices = ({ devices, match }: NodeLocalStorageSpec): boolean =>
  devices.length > 0 || match !== undefined;

const judgeAbsent = (
  spec: NodeLocalStorageSpec,
  devices: readonly DeviceVerdict[],
  { previous }: Memory,
): GroupVerdict => {
  if (!namesDevices(spec)) {
    return {
      kind: "unknown",
      reason: "GroupMissing",
      message: `there is no volume group ${spec.volumeGroup} on the node; make it, or name devices in spec.devices`,
    };
  }
  // What was reported once and is nowhere now was lost, or its disk fails: an empty group in its
  // place would hide that, and clash with it when the disk is back.
  const known = previous.filter(({ id }) => id !== undefined).map(({ path }) => path);
  if (known.length > 0) {
    return {
      kind: "unknown",
      reason: "DevicesMissing",
      message: `${spec.volumeGroup} was on ${known.join(", ")} and is not there now; bring the disks back, or make this object anew to begin with an empty group`,
    };
  }
  const missing = devices.filter(({ kind }) => kind === "missing");
  // A device that is away may hold the group, if there ever was one.
  if (missing.length > 0 && spec.volumes.some(({ pending }) => pending !== true)) {
    return {
      kind: "unknown",
      reason: "DevicesMissing",
      message: `${missing.map(({ path }) => path).join(", ")} may hold ${spec.volumeGroup}; connect it, or take it out of spec.devices`,
    };
  }
  const usable = devices.filter(({ kind }) => kind === "usable" || kind === "erasable");
  if (usable.length > 0) return { kind: "to_be_made" };
  return {
    kind: "none",
    reason: "NoUsableDevice",
    message: `no device of spec can be used for ${spec.volumeGroup}; status.devices says why`,
  };
};
