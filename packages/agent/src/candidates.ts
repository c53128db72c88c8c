import type { DeviceMatch, NodeLocalStorageSpec } from "@stowage/api";
import type { BlockDevice, LvmRunner, PathTarget } from "@stowage/lvm";
import {
  deviceLinks,
  devicePlaces,
  eachDevice,
  lsblk,
  parseBlockDevices,
  parseLinks,
  parsePlaces,
  runChecked,
} from "@stowage/lvm";
import { doubtOf } from "./local-disk.ts";
import { matchDevices } from "./match-devices.ts";
import type { DeviceSeen } from "./observation.ts";
import { wishOf } from "./observation.ts";

/** A device that spec names or matches, before anything on it was read. */
export type Candidate = Pick<DeviceSeen, "path" | "origin" | "wish" | "doubt"> & {
  readonly device: BlockDevice | undefined;
};

/** With a match, every device of the node may be one. */
const readBlocks = async (
  run: LvmRunner,
  { volumeGroup, devices, match }: NodeLocalStorageSpec,
  targets: ReadonlyMap<string, PathTarget>,
): Promise<BlockDevice[]> => {
  const blockPaths = devices
    .map(({ path }) => path)
    .filter((path) => targets.get(path)?.kind === "block_device");
  if (match === undefined && blockPaths.length === 0) return [];
  const command = lsblk(volumeGroup, match === undefined ? blockPaths : []);
  return parseBlockDevices(await runChecked(run, command));
};

/** What spec names, in its order, then what matches and is not named; `targets` of the named paths. */
export const readCandidates = async (
  run: LvmRunner,
  spec: NodeLocalStorageSpec,
  targets: ReadonlyMap<string, PathTarget>,
): Promise<Candidate[]> => {
  const { volumeGroup, devices, match } = spec;
  const blocks = await readBlocks(run, spec, targets);
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
  const matched = matchDevices(match, eachDevice(blocks), links);
  if (matched.length === 0) return [];
  const places = parsePlaces(await runChecked(run, devicePlaces(volumeGroup)));
  return matched.map(({ path, device }): Candidate => ({
    path,
    origin: "matched",
    wish: "use",
    device,
    doubt: doubtOf(match, device, places),
  }));
};

/** lsblk lists a disk of size 0 as if it were one: nothing can be read from it, and nothing kept on it. */
const deviceAt = (
  target: PathTarget | undefined,
  blocks: readonly BlockDevice[],
): BlockDevice | undefined => {
  if (target?.kind !== "block_device") return undefined;
  return eachDevice(blocks).find(
    ({ deviceNumber, size }) => deviceNumber === target.deviceNumber && size > 0,
  );
};
