import type { DeviceMatch, NodeLocalStorageSpec } from "@stowage/api";
import { devicePathOf } from "@stowage/api";
import type { Clock } from "@stowage/clock";
import type {
  BlockDevice,
  LvmRunner,
  PathTarget,
  PhysicalVolume,
  Report,
  Signature,
} from "@stowage/lvm";
import {
  deviceLinks,
  listSignatures,
  LvmError,
  lsblk,
  parseBlockDevices,
  parseLinks,
  parseReport,
  parseSignatures,
  parseTargets,
  reportDevices,
  reportHost,
  runChecked,
  statPaths,
} from "@stowage/lvm";
import { condemnedVolumes } from "./judge-volumes.ts";
import { matchDevices } from "./match-devices.ts";
import type { DeviceSeen, DeviceWish, GroupSeen, Observation, Signatures } from "./observation.ts";
import { wishOf } from "./observation.ts";

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
  const blockPaths = paths.filter((path) => targets.get(path)?.kind === "block_device");
  const blocks = await readBlocks(edge.run, spec, blockPaths);
  const candidates = await readCandidates(edge.run, spec, targets, blocks);
  const there = candidates.flatMap(({ path, device }) => (device === undefined ? [] : [path]));
  const confined = [...new Set([...there, ...knownDevices])];
  const report = await readReport(edge.run, volumeGroup, confined);
  const group = groupIn(report.narrow, report.wide, volumeGroup);
  const known = report.wide.kind === "read" ? report.wide.report : report.narrow;
  const otherGroups = numbersOfOthers(known, volumeGroup);
  const loneDevices = new Map(
    known.loneDevices.map(({ deviceNumber, membership }) => [deviceNumber, membership]),
  );
  const ours = new Set(
    group.kind === "present"
      ? group.group.physicalVolumes.map(({ deviceNumber }) => deviceNumber)
      : [],
  );
  const devices: DeviceSeen[] = [];
  for (const { path, origin, wish, device } of candidates) {
    if (device === undefined) {
      devices.push({ path, origin, wish, found: notABlockDevice(targets.get(path)) });
      continue;
    }
    const { deviceNumber } = device;
    const decided = ours.has(deviceNumber) || otherGroups.has(deviceNumber) || isBusy(device);
    const signatures = decided ? unread : await readSignatures(edge.run, [path]);
    const partitions =
      decided || wish !== "erase" || device.holders.length === 0
        ? unread
        : await readSignatures(
            edge.run,
            device.holders.map(({ kernelName }) => kernelName),
          );
    devices.push({
      path,
      origin,
      wish,
      found: { kind: "block_device", device, signatures, partitions },
    });
  }
  return {
    at: edge.clock.now(),
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

type Candidate = Pick<DeviceSeen, "path" | "origin" | "wish"> & {
  readonly device: BlockDevice | undefined;
};

/** With a match, every device of the node may be one. */
const readBlocks = async (
  run: LvmRunner,
  { volumeGroup, match }: NodeLocalStorageSpec,
  blockPaths: readonly string[],
): Promise<BlockDevice[]> => {
  if (match === undefined && blockPaths.length === 0) return [];
  const command = lsblk(volumeGroup, match === undefined ? blockPaths : []);
  return parseBlockDevices(await runChecked(run, command));
};

const readCandidates = async (
  run: LvmRunner,
  { volumeGroup, devices, match }: NodeLocalStorageSpec,
  targets: ReadonlyMap<string, PathTarget>,
  blocks: readonly BlockDevice[],
): Promise<Candidate[]> => {
  const named = devices.map((entry): Candidate => ({
    path: entry.path,
    origin: "named",
    wish: wishOf(entry),
    device: deviceAt(targets.get(entry.path), blocks),
  }));
  if (match === undefined) return named;
  const taken = new Set(named.flatMap(({ device }) => device?.deviceNumber ?? []));
  const matched = await readMatched(run, volumeGroup, match, blocks);
  return [...named, ...matched.filter(({ device }) => !taken.has(device?.deviceNumber ?? ""))];
};

const readMatched = async (
  run: LvmRunner,
  volumeGroup: string,
  match: DeviceMatch,
  blocks: readonly BlockDevice[],
): Promise<Candidate[]> => {
  const links = parseLinks(await runChecked(run, deviceLinks(volumeGroup)));
  const wish: DeviceWish = "use";
  return matchDevices(match, blocks, links).map(({ path, device }) => ({
    path,
    origin: "matched",
    wish,
    device,
  }));
};

/** Mounted, or built upon by more than partitions that nobody uses. */
const isBusy = ({ mountPoint, holders }: BlockDevice): boolean =>
  mountPoint !== undefined ||
  holders.some(
    (holder) =>
      holder.type !== "part" || holder.mountPoint !== undefined || holder.holders.length > 0,
  );

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

const unread: Signatures = { kind: "unread" };

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

const deviceAt = (
  target: PathTarget | undefined,
  blocks: readonly BlockDevice[],
): BlockDevice | undefined => {
  if (target?.kind !== "block_device") return undefined;
  for (const block of blocks) {
    if (block.deviceNumber === target.deviceNumber) return block;
    const below = deviceAt(target, block.holders);
    if (below !== undefined) return below;
  }
  return undefined;
};

const notABlockDevice = (target: PathTarget | undefined): DeviceSeen["found"] =>
  target?.kind === "other"
    ? { kind: "not_a_block_device", what: target.what }
    : { kind: "missing" };

/** The signatures of all of `paths` together. */
const readSignatures = async (run: LvmRunner, paths: readonly string[]): Promise<Signatures> => {
  const found: Signature[] = [];
  try {
    for (const path of paths) {
      found.push(...parseSignatures(await runChecked(run, listSignatures(path))));
    }
    return {
      kind: "read",
      types: [...new Set(found.map(({ type }) => type))],
      physicalVolumes: found.flatMap(({ type, uuid }) =>
        type === "LVM2_member" && uuid !== undefined ? [uuid] : [],
      ),
    };
  } catch (error) {
    if (!(error instanceof LvmError)) throw error;
    return { kind: "unreadable", why: error.message };
  }
};
