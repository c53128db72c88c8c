import type { NodeLocalStorageSpec } from "@stowage/api";
import { devicePathOf } from "@stowage/api";
import type { Clock } from "@stowage/clock";
import type { LvmRunner, PathTarget, PhysicalVolume, Report } from "@stowage/lvm";
import {
  LvmError,
  lsblk,
  parseBlockDevices,
  parseReport,
  parseTargets,
  reportDevices,
  reportHost,
  runChecked,
  statPaths,
} from "@stowage/lvm";
import { readCandidates } from "./candidates.ts";
import { condemnedVolumes } from "./judge-volumes.ts";
import { lookAtDevice } from "./look-at-device.ts";
import type { DeviceSeen, GroupSeen, Observation } from "./observation.ts";

/**
 * Looks at the devices, the group and the volumes of one NodeLocalStorage. One LVM command when the
 * group is there and whole; a second, over all devices of the host, when it is not.
 * `knownDevices`: where the group was last seen to lie beside spec.devices. `cleaned`: carried over,
 * no look can tell.
 * @throws LvmError
 */
export const observe = async (
  edge: { readonly run: LvmRunner; readonly clock: Clock },
  spec: NodeLocalStorageSpec,
  knownDevices: readonly string[],
  cleaned: ReadonlySet<string>,
): Promise<Observation> => {
  const { volumeGroup } = spec;
  const paths = spec.devices.map(({ path }) => path);
  const volumePaths = spec.volumes.map(({ name }) => devicePathOf(volumeGroup, name));
  const targets = await readTargets(edge.run, volumeGroup, [...paths, ...volumePaths]);
  const candidates = await readCandidates(edge.run, spec, targets);
  const there = candidates.flatMap(({ path, device }) => (device === undefined ? [] : [path]));
  const confined = [...new Set([...there, ...knownDevices])];
  const report = await readReport(edge.run, volumeGroup, confined);
  const group = groupIn(report.narrow, report.wide, volumeGroup);
  const known = report.wide.kind === "read" ? report.wide.report : report.narrow;
  const otherGroups = numbersOfOthers(known, volumeGroup);
  const loneDevices = new Map(
    known.loneDevices.map(({ deviceNumber, membership }) => [deviceNumber, membership]),
  );
  const ours = group.kind === "present" ? group.group.physicalVolumes : [];
  const decided = new Set([...ours.map(({ deviceNumber }) => deviceNumber), ...otherGroups.keys()]);
  const devices: DeviceSeen[] = [];
  for (const candidate of candidates) {
    devices.push(await lookAtDevice(edge.run, candidate, targets.get(candidate.path), decided));
  }
  return {
    at: edge.clock.moment(),
    group,
    devices,
    otherGroups,
    loneDevices,
    cleaned,
    users: await readUsers(edge.run, spec, group, targets),
    linked: new Set(
      spec.volumes
        .map(({ name }) => name)
        .filter((name) => targets.get(devicePathOf(volumeGroup, name))?.kind === "block_device"),
    ),
  };
};

/** Who uses the volumes that are to be removed and are open. */
const readUsers = async (
  run: LvmRunner,
  spec: NodeLocalStorageSpec,
  group: GroupSeen,
  targets: ReadonlyMap<string, PathTarget>,
): Promise<ReadonlyMap<string, string>> => {
  const users = new Map<string, string>();
  if (group.kind !== "present") return users;
  for (const { name, use } of condemnedVolumes(spec, group.group)) {
    const path = devicePathOf(spec.volumeGroup, name);
    if (use !== "open" || targets.get(path)?.kind !== "block_device") continue;
    const [device] = parseBlockDevices(await runChecked(run, lsblk(spec.volumeGroup, [path])));
    const holders = device?.holders.map(({ kernelName }) => kernelName) ?? [];
    if (device?.mountPoint !== undefined) users.set(name, `is mounted on ${device.mountPoint}`);
    else if (holders.length > 0) users.set(name, `is held by ${holders.join(", ")}`);
  }
  return users;
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

type Wide =
  | { readonly kind: "not_needed" }
  | { readonly kind: "read"; readonly report: Report }
  | { readonly kind: "failed"; readonly why: string };

const readReport = async (
  run: LvmRunner,
  volumeGroup: string,
  devices: readonly string[],
): Promise<{ readonly narrow: Report; readonly wide: Wide }> => {
  const narrow =
    devices.length === 0
      ? { groups: [], loneDevices: [] }
      : parseReport(await runChecked(run, reportDevices(volumeGroup, devices)));
  const group = narrow.groups.find(({ name }) => name === volumeGroup);
  if (group?.missingDevices === 0) return { narrow, wide: { kind: "not_needed" } };
  try {
    return {
      narrow,
      wide: { kind: "read", report: parseReport(await runChecked(run, reportHost())) },
    };
  } catch (error) {
    if (!(error instanceof LvmError)) throw error;
    return { narrow, wide: { kind: "failed", why: error.message } };
  }
};

const groupIn = (narrow: Report, wide: Wide, volumeGroup: string): GroupSeen => {
  const report = wide.kind === "read" ? wide.report : narrow;
  const [group, ...others] = report.groups.filter(({ name }) => name === volumeGroup);
  if (group === undefined) {
    return wide.kind === "failed" ? { kind: "not_seen", why: wide.why } : { kind: "absent" };
  }
  return others.length === 0
    ? { kind: "present", group }
    : { kind: "ambiguous", uuids: [group, ...others].map(({ uuid }) => uuid) };
};

const numbersOfOthers = (report: Report, volumeGroup: string): Map<string, string> =>
  new Map(
    report.groups
      .filter(({ name }) => name !== volumeGroup)
      .flatMap(({ name, physicalVolumes }) =>
        physicalVolumes.map(({ deviceNumber }): [string, string] => [deviceNumber, name]),
      ),
  );
