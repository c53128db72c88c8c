import type { DeviceStatus, NodeLocalStorageSpec } from "@stowage/api";
import { devicePathOf } from "@stowage/api";
import type { Clock } from "@stowage/clock";
import type { LogicalVolume, LvmRunner, PathTarget, PhysicalVolume } from "@stowage/lvm";
import { LvmError, parseTargets, statPaths } from "@stowage/lvm";
import type { Candidate } from "./candidates.ts";
import { readCandidates } from "./candidates.ts";
import { lookCloser } from "./closer-look.ts";
import { ownersOfDevices } from "./device-owners.ts";
import { claimOf } from "./find-group.ts";
import { publicVolumes } from "./judge-volumes.ts";
import { lookAtDevice } from "./look-at-device.ts";
import type { Places } from "./look-for-group.ts";
import { lookForGroup } from "./look-for-group.ts";
import type { DeviceSeen, GroupSeen, Observation } from "./observation.ts";
import { readVolumeUsers } from "./volume-users.ts";

/** What the last report says of where the group lies. */
export type LastSeen = {
  /** UUIDs of its physical volumes. */
  readonly ids: ReadonlySet<string>;
  /** Those that were on the node. */
  readonly devices: readonly Pick<DeviceStatus, "id" | "path" | "kernelName" | "serial">[];
};

/**
 * Looks at the devices, the group and the volumes of one NodeLocalStorage. One LVM command when the
 * group is there and whole, one more for devices that spec means and the group does not have; a third, over
 * all devices of the host, when it is not whole.
 * @throws LvmError
 */
export const observe = async (
  edge: { readonly run: LvmRunner; readonly clock: Clock },
  spec: NodeLocalStorageSpec,
  last: LastSeen,
): Promise<Observation> => {
  const { volumeGroup } = spec;
  const paths = spec.devices.map(({ path }) => path);
  const volumePaths = spec.volumes.map(({ name }) => devicePathOf(volumeGroup, name));
  const targets = await readTargets(edge.run, volumeGroup, [...paths, ...volumePaths]);
  const candidates = await readCandidates(edge.run, spec, targets);
  const claim = claimOf(spec, originsOf(candidates), last.ids);
  const { group, report } = await lookForGroup(edge.run, claim, placesOf(candidates, last));
  const owners = ownersOfDevices(report, group);
  const ours = group.kind === "present" ? group.group.physicalVolumes : [];
  const decided = new Set([
    ...ours.map(({ deviceNumber }) => deviceNumber),
    ...owners.otherGroups.keys(),
  ]);
  const looked: DeviceSeen[] = [];
  for (const candidate of candidates) {
    looked.push(await lookAtDevice(edge.run, candidate, targets.get(candidate.path), decided));
  }
  const { devices, hostDevices } = await lookCloser(
    edge.run,
    volumeGroup,
    looked,
    owners.loneDevices,
  );
  const users = await readVolumeUsers(edge.run, spec, group, targets);
  return {
    // The end of the look: one that takes longer than it counts as new would be made again without end.
    at: edge.clock.moment(),
    group,
    devices,
    ...owners,
    hostDevices,
    users,
    ...pathsOf(spec, group, targets),
  };
};

/**
 * One that spec means under the name that it was reported with is the group's, if it is not another disk
 * by its serial number. One that spec means no more, or that is away, may be under the path where it was.
 */
const placesOf = (candidates: readonly Candidate[], last: LastSeen): Places => {
  const there = candidates.filter(({ device }) => device !== undefined);
  const blocks = there.flatMap(({ device }) => device ?? []);
  const serials = new Map(
    last.devices.flatMap(({ id, serial }): [string, string][] =>
      id === undefined || serial === undefined ? [] : [[id, serial]],
    ),
  );
  const paths = [...new Set(there.map(({ path }) => path))];
  if (last.ids.size === 0) return { ours: paths, others: [], blocks, serials };
  const isOurs = ({ path, device }: Candidate): boolean =>
    last.devices.some(
      (before) =>
        before.path === path &&
        (before.serial === undefined ||
          device?.serial === undefined ||
          before.serial === device.serial),
    );
  const named = new Set(there.filter(isOurs).map(({ path }) => path));
  const elsewhere = last.devices
    .filter(({ path }) => !paths.includes(path))
    .map(({ path, kernelName }) => (isStable(path) ? path : (kernelName ?? path)))
    .filter((path) => path.startsWith("/dev/"));
  return {
    ours: [...new Set([...named, ...elsewhere])],
    others: paths.filter((path) => !named.has(path)),
    blocks,
    serials,
  };
};

const isStable = (path: string): boolean => path.startsWith("/dev/disk/");

/** A device that is listed twice is a named one. */
const originsOf = (candidates: readonly Candidate[]): Map<string, DeviceSeen["origin"]> => {
  const origins = new Map<string, DeviceSeen["origin"]>();
  for (const { device, origin } of candidates) {
    if (device === undefined || origins.get(device.deviceNumber) === "named") continue;
    origins.set(device.deviceNumber, origin);
  }
  return origins;
};

/** Which volumes' paths lead to them: a node below /dev may be older than the device of its name. */
const pathsOf = (
  { volumeGroup, volumes }: NodeLocalStorageSpec,
  group: GroupSeen,
  targets: ReadonlyMap<string, PathTarget>,
): Pick<Observation, "linked" | "elsewhere"> => {
  const linked = new Set<string>();
  const elsewhere = new Map<string, string>();
  const there: ReadonlyMap<string, LogicalVolume> =
    group.kind === "present" ? publicVolumes(group.group) : new Map();
  for (const { name } of volumes) {
    const path = devicePathOf(volumeGroup, name);
    const target = targets.get(path);
    const deviceNumber = there.get(name)?.deviceNumber;
    if (target === undefined || deviceNumber === undefined) continue;
    if (target.kind === "block_device" && target.deviceNumber === deviceNumber) linked.add(name);
    else {
      const found = target.kind === "block_device" ? `device ${target.deviceNumber}` : target.what;
      elsewhere.set(name, `${path} leads to ${found}, and the volume is ${deviceNumber}`);
    }
  }
  return { linked, elsewhere };
};

/** The paths of the group's devices, for confining commands to them. */
export const devicesOf = (physicalVolumes: readonly PhysicalVolume[]): string[] =>
  physicalVolumes.filter(({ presence }) => presence === "present").map(({ path }) => path);

const readTargets = async (
  run: LvmRunner,
  volumeGroup: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, PathTarget>> => {
  if (paths.length === 0) return new Map();
  const { exitCode, stdout, stderr } = await run(statPaths(volumeGroup, paths));
  // A path that leads nowhere is an answer; a failure to get onto the host must not look like one.
  const answered = stderr.split("\n").every((line) => line === "" || line.startsWith("stat: "));
  if (exitCode > 1 || !answered) {
    throw new LvmError("lvm_failed", { command: "stat", exitCode, stderr });
  }
  return parseTargets(stdout);
};
