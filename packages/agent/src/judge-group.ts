import type { NodeLocalStorageSpec } from "@stowage/api";
import type { VolumeGroup } from "@stowage/lvm";
import { managedTag, nodesOf, nodeTag } from "@stowage/lvm";
import type { DeviceVerdict } from "./device-verdict.ts";
import type { Memory } from "./memory.ts";
import type { GroupSeen, Observation } from "./observation.ts";
import { refusalOfOthers } from "./refuse-group.ts";

/** How far the group can be worked with. */
export type GroupVerdict =
  /** Takes every change. `marks`: tags that it is still to get. */
  | {
      readonly kind: "ready";
      readonly group: VolumeGroup;
      readonly owner: Owner;
      readonly marks: readonly string[];
    }
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
  /** Groups have the name, and nothing shows that one is this object's: they are left alone. */
  | { readonly kind: "refused"; readonly reason: string; readonly message: string }
  /** Nobody can say whether it still exists. */
  | { readonly kind: "unknown"; readonly reason: string; readonly message: string };

/**
 * Stowage: made by us, or taken over; gets the new devices of spec. Admin: spec names no devices, so
 * that its make-up is nobody's business here.
 */
type Owner = "stowage" | "admin";

export const judgeGroup = (
  spec: NodeLocalStorageSpec,
  { group: seen }: Observation,
  devices: readonly DeviceVerdict[],
  memory: Memory,
): GroupVerdict => {
  switch (seen.kind) {
    case "present":
      return judgePresent(spec, seen, devices, memory);
    case "absent":
      return judgeAbsent(spec, devices, memory);
    case "others":
      return { kind: "refused", ...refusalOfOthers(spec, seen.groups, memory.previous) };
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
  { group, evidence }: GroupSeen & { readonly kind: "present" },
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
  const ready = (owner: Owner, tags: readonly string[]): GroupVerdict => ({
    kind: "ready",
    group,
    owner,
    marks: tags.filter((tag) => !group.tags.includes(tag)),
  });
  const mark = nodeTag(spec.nodeName);
  if (!namesDevices(spec)) return ready("admin", [mark]);
  const isBound = evidence === "reported" || nodesOf(group.tags).length > 0;
  if (group.tags.includes(managedTag) && isBound) return ready("stowage", [mark]);
  const named = new Set(
    devices.flatMap((device) =>
      device.kind === "in_use" && device.origin === "named"
        ? [device.physicalVolume.deviceNumber]
        : [],
    ),
  );
  const strangers = group.physicalVolumes.filter(({ deviceNumber }) => !named.has(deviceNumber));
  if (strangers.length === 0) return ready("stowage", [managedTag, mark]);
  return frozen(
    "NotOurs",
    `${group.name} was not made by Stowage, and spec.devices does not name ${strangers.map(({ path }) => path).join(", ")}; name all its devices there, or none to use it as it is`,
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
  // What was reported once and is nowhere now was lost, or its disk fails: an empty group in its
  // place would hide that, and clash with it when the disk is back.
  const known = previous.flatMap(({ path, id }) => (id === undefined ? [] : [`${path} (${id})`]));
  if (known.length > 0) {
    return {
      kind: "unknown",
      reason: "DevicesMissing",
      message: `${spec.volumeGroup} was on ${known.join(", ")} and is not seen there now; bring the disks back, or whatever hides them (cable, filter, system ID); docs/troubleshooting.md says what to do once they are lost for good`,
    };
  }
  if (!namesDevices(spec)) {
    return {
      kind: "unknown",
      reason: "GroupMissing",
      message: `no volume group ${spec.volumeGroup} is seen on the node; make it, or name devices in spec.devices`,
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
