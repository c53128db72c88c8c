import type { DeviceStatus, NodeLocalStorageSpec } from "@stowage/api";
import { show } from "@stowage/capacity";
import type { PhysicalVolume } from "@stowage/lvm";
import { defined } from "./defined.ts";
import type { Failure, Failures } from "./failures.ts";
import type { DeviceVerdict } from "./device-verdict.ts";
import { recordAfter } from "./erase-record.ts";
import type { EvacuationStep } from "./judge-evacuation.ts";
import type { Judgement } from "./judge.ts";
import { reasonOf, shortened } from "./reason.ts";

/**
 * The report on each device of spec, then on those that only the group knows. A device that is away
 * keeps the path and the UUID under which it was last reported, and one that spec names no more its
 * stable name.
 */
export const statusOfDevices = (
  spec: NodeLocalStorageSpec,
  { devices, group, evacuations }: Judgement,
  failures: Failures,
  previous: readonly DeviceStatus[],
): DeviceStatus[] => {
  const entries = new Map(spec.devices.map((entry) => [entry.path, entry]));
  const named = devices.map((device): DeviceStatus => {
    const before = previous.find(({ path }) => path === device.path);
    const status = {
      ...statusOfNamed(device, failures, previous),
      ...recordAfter(entries.get(device.path), device, before),
    };
    if (device.kind !== "in_use") return status;
    return { ...status, ...statusOfLeaving(device, evacuations, failures) };
  });
  const paths = new Set(named.map(({ path }) => path));
  const ids = new Set(named.flatMap(({ id }) => (id === undefined ? [] : [id])));
  if (group.kind !== "ready" && group.kind !== "frozen") {
    const kept = previous.filter(
      ({ path, id }) => id !== undefined && !ids.has(id) && !paths.has(path),
    );
    return [...named, ...kept.map(statusOfUnseen)];
  }
  const others = group.group.physicalVolumes
    .filter(({ uuid }) => !ids.has(uuid))
    .map((device) => statusOfOther(spec, device, previous))
    .filter(({ path }) => !paths.has(path));
  return [...named, ...others];
};

/** A device of a group that is not seen now: its UUID is what the group will be known by again. */
const statusOfUnseen = ({ path, id }: DeviceStatus): DeviceStatus => ({
  path,
  ...(id === undefined ? {} : { id }),
  state: "Missing",
  reason: "NotFound",
  message: "part of the group when that was last seen; bring it back",
});

/** What the schema allows. */
const deviceLimit = 256;

/**
 * As many of them as a status can list, and how many it cannot. Those that spec names and those of
 * the group come first: what is told of them is remembered by nobody else.
 */
export const listedDevices = (
  spec: NodeLocalStorageSpec,
  devices: readonly DeviceStatus[],
): { readonly listed: DeviceStatus[]; readonly left: number } => {
  const left = Math.max(0, devices.length - deviceLimit);
  if (left === 0) return { listed: [...devices], left };
  const paths = new Set(spec.devices.map(({ path }) => path));
  const matters = ({ path, id }: DeviceStatus): boolean => id !== undefined || paths.has(path);
  const first = devices.filter(matters);
  const others = devices.filter((device) => !matters(device));
  return { listed: [...first, ...others].slice(0, deviceLimit), left };
};

const statusOfNamed = (
  device: DeviceVerdict,
  failures: Failures,
  previous: readonly DeviceStatus[],
): DeviceStatus => {
  const { path, kernelName, size, serial } = device;
  const seen: Pick<DeviceStatus, "path" | "kernelName" | "size" | "serial"> = {
    path,
    ...defined({ kernelName, size, serial: serial?.slice(0, 128) }),
  };
  switch (device.kind) {
    case "in_use": {
      const { uuid, deviceSize, size: used } = device.physicalVolume;
      // Until the group has the room, the size by which the growth is seen stays in the report.
      const told = device.grownFrom ?? deviceSize;
      const shrunk: Why =
        deviceSize < used
          ? {
              reason: "Shrunk",
              message: `has ${show(deviceSize)} and the group counts on ${show(used)} of it; give it its size back. What lies beyond its end is promised to nobody`,
            }
          : {};
      const moved: Why =
        device.message === undefined ? {} : { reason: "PathMoved", message: device.message };
      return { ...seen, size: told, id: uuid, state: "InUse", ...moved, ...shrunk };
    }
    case "erasable":
      return {
        ...seen,
        state: "Refused",
        ...whyOf(failures.get(`erase_device:${path}`), {
          reason: "NotErased",
          message: "holds data that its entry says may go; it is being erased",
        }),
      };
    case "unlabel":
      return { ...seen, state: "Evacuating", ...whyOf(failures.get(`unlabel_device:${path}`)) };
    case "evacuated":
      return {
        ...seen,
        state: "Evacuated",
        reason: "Evacuated",
        message: "holds nothing of the group any more; take it out of spec.devices",
      };
    case "usable":
      return {
        ...seen,
        state: "Refused",
        ...whyOf(additionFailure(path, failures), {
          reason: "NotAdded",
          message: "is clean, and not part of the group: the group takes none now",
        }),
      };
    case "refused":
      return {
        ...seen,
        state: "Refused",
        reason: device.reason,
        message: shortened(device.message),
      };
    case "missing": {
      const id = previous.find((other) => other.path === path)?.id;
      return {
        path,
        ...(id === undefined ? {} : { id }),
        state: "Missing",
        reason: "NotFound",
        message: shortened(device.message),
      };
    }
  }
};

/** Why a clean device could not be made part of the group. */
export const additionFailure = (path: string, failures: Failures): Failure | undefined =>
  failures.get(`create_group:${path}`) ?? failures.get(`extend_group:${path}`);

/** The state of a device whose entry asks to evacuate it. */
const statusOfLeaving = (
  { wish, physicalVolume }: DeviceVerdict & { readonly kind: "in_use" },
  steps: ReadonlyMap<string, EvacuationStep>,
  failures: Failures,
): Partial<DeviceStatus> => {
  if (wish !== "evacuate") return {};
  const step = steps.get(physicalVolume.uuid);
  const { path } = physicalVolume;
  const going = (key: string, message: string): Partial<DeviceStatus> => ({
    state: "Evacuating",
    ...whyOf(failures.get(`${key}:${path}`), { reason: "Evacuating", message }),
  });
  switch (step?.kind) {
    case undefined:
    case "release":
      return { reason: "NotEvacuated", message: "is not emptied while its group is not Ready" };
    case "refused":
      return { reason: step.reason, message: shortened(step.message) };
    case "next":
      return going("next", "another device is emptied first");
    case "hold":
      return going("hold_device", "new volumes are kept off it");
    case "move":
      return going("move_extents", "its extents are about to be moved to the other devices");
    case "moving":
      return going("move_extents", `${Math.floor(step.percent)} % of its extents are moved`);
    case "reduce":
      return going("reduce_group", "is empty, and is taken out of the group");
  }
};

type Why = { readonly reason?: string; readonly message?: string };

const whyOf = (failure: Failure | undefined, otherwise: Why = {}): Why =>
  failure === undefined
    ? otherwise
    : { reason: reasonOf(failure.error), message: shortened(failure.error.message) };

const statusOfOther = (
  spec: NodeLocalStorageSpec,
  device: PhysicalVolume,
  previous: readonly DeviceStatus[],
): DeviceStatus => {
  const id = device.uuid;
  const before = previous.find((other) => other.id === id)?.path;
  if (device.presence === "missing") {
    return {
      path: before ?? `uuid ${id}`,
      id,
      state: "Missing",
      reason: "NotFound",
      message: "part of the group and not on the node; bring it back",
    };
  }
  // LVM tells the kernel's name, which another disk may have tomorrow.
  const path = before?.startsWith("/dev/disk/") === true ? before : device.path;
  const seen = { path, id, kernelName: device.path, size: device.deviceSize };
  if (spec.devices.length === 0 && spec.match === undefined) return { ...seen, state: "InUse" };
  return {
    ...seen,
    state: "Removed",
    reason: "NotInSpec",
    message:
      "part of the group, but not in spec.devices; to take it out, name it there with evacuate: true",
  };
};
