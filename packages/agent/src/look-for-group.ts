import type { BlockDevice, Command, LvmRunner, PhysicalVolume, Report } from "@stowage/lvm";
import {
  eachDevice,
  LvmError,
  lsblk,
  parseBlockDevices,
  parseSystemId,
  readSystemId,
  reportDevices,
  reportHost,
  runChecked,
} from "@stowage/lvm";
import type { Claim } from "./find-group.ts";
import { findGroup } from "./find-group.ts";
import { isUsable } from "./match-devices.ts";
import type { GroupSeen } from "./observation.ts";
import { readReport } from "./read-report.ts";
import { besides, lackedOf, together, withoutCopies } from "./reports.ts";

/** Where a group is looked for; a device stands in one of the two. */
export type Places = {
  /** Devices that the group was last reported on; all that spec means while it was on none. */
  readonly ours: readonly string[];
  /** Others that spec means. */
  readonly others: readonly string[];
  /** All that spec means. */
  readonly blocks: readonly BlockDevice[];
  /** Serial numbers of the disks that the group was last reported on, by the UUID of the physical volume. */
  readonly serials: ReadonlyMap<string, string>;
};

/** A group, and the report that it was found in. */
type Found = { readonly group: GroupSeen; readonly report: Report };

/**
 * Looks for a group on its own devices; only for what it lacks there on the others that spec means, and
 * on all devices of the host. In one report of all LVM itself would choose between a disk and a copy of it,
 * and it goes by names that change.
 * @throws LvmError
 */
export const lookForGroup = async (
  run: LvmRunner,
  claim: Claim,
  places: Places,
): Promise<Found> => {
  const { volumeGroup } = claim;
  const { ours, others } = places;
  const ask = (paths: readonly string[]): Command => reportDevices(volumeGroup, paths);
  const read = async (paths: readonly string[], use: "needed" | "welcome"): Promise<Report> =>
    withoutOwnId(run, volumeGroup, await readReport(run, ask, paths, use));
  const core = await read(ours, "needed");
  const beside = await read(others, "welcome");
  const first = findGroup(core, claim);
  if (first.kind === "present" && first.group.missingDevices === 0) {
    return { group: first, report: besides(core, beside) };
  }
  const far = await reportOfHost(run, volumeGroup, places);
  const blocks = [...places.blocks, ...(far instanceof LvmError ? [] : far.blocks)];
  const isCopy = (device: PhysicalVolume): boolean =>
    claim.origins.get(device.deviceNumber) !== "named" && isOtherDisk(device, blocks, places);
  const all = far instanceof LvmError ? beside : together(beside, far.report);
  const pool = withoutCopies(all, isCopy);
  const lacking = lackedOf(core, pool, claim);
  const whole = lacking.length === 0 ? core : await read([...ours, ...lacking], "needed");
  const report = besides(whole, pool);
  const group = findGroup(report, claim);
  return far instanceof LvmError && group.kind === "absent"
    ? { group: { kind: "not_seen", why: far.message }, report }
    : { group, report };
};

/** By its serial number, which a copy of what is on the disk does not take along. */
const isOtherDisk = (
  { uuid, deviceNumber }: PhysicalVolume,
  blocks: readonly BlockDevice[],
  { serials }: Places,
): boolean => {
  const before = serials.get(uuid);
  const now = eachDevice(blocks).find((block) => block.deviceNumber === deviceNumber)?.serial;
  return before !== undefined && now !== undefined && before !== now;
};

/** The report without this host's own system ID, so that one in it is another host's. */
const withoutOwnId = async (
  run: LvmRunner,
  volumeGroup: string,
  report: Report,
): Promise<Report> => {
  const isAsked = report.groups.some(
    ({ name, systemId }) => name === volumeGroup && systemId !== undefined,
  );
  if (!isAsked) return report;
  const own = parseSystemId(await runChecked(run, readSystemId(volumeGroup)));
  const groups = report.groups.map((group) =>
    group.systemId === own ? { ...group, systemId: undefined } : group,
  );
  return { ...report, groups };
};

/**
 * What lies on any device of the host that spec does not mean, but for those that pods write. Each is
 * named to LVM, so that no filter and no devices file hides one.
 */
const reportOfHost = async (
  run: LvmRunner,
  volumeGroup: string,
  { ours, others, blocks: meant }: Places,
): Promise<{ readonly report: Report; readonly blocks: readonly BlockDevice[] } | LvmError> => {
  try {
    const blocks = parseBlockDevices(await runChecked(run, lsblk(volumeGroup, [])));
    const read = new Set([...ours, ...others]);
    const paths = placesOfGroups(blocks)
      .filter(({ deviceNumber }) => !meant.some((device) => device.deviceNumber === deviceNumber))
      .map(({ kernelName }) => kernelName)
      .filter((path) => isUsable(path) && !read.has(path));
    const report = await withoutOwnId(
      run,
      volumeGroup,
      await readReport(run, reportHost, paths, "needed"),
    );
    return { report, blocks };
  } catch (error) {
    if (error instanceof LvmError) return error;
    throw error;
  }
};

/**
 * Where a group of the host's own may lie. Not on a loop device, which the kubelet puts on every Block
 * volume in use, nor on a logical volume, nor on anything that lies on one: a pod may write what is read there.
 * Not on a part of a larger device, which is read in its place.
 */
const placesOfGroups = (blocks: readonly BlockDevice[]): BlockDevice[] => {
  const shunned = new Set(
    eachDevice(blocks)
      .filter(({ type }) => neverPlaces.has(type))
      .flatMap((device) => eachDevice([device]))
      .map(({ deviceNumber }) => deviceNumber),
  );
  return eachDevice(blocks)
    .filter(({ deviceNumber, size }) => !shunned.has(deviceNumber) && size > 0)
    .filter(
      ({ holders }) => !holders.some(({ type }) => type === "mpath" || type.startsWith("raid")),
    );
};

const neverPlaces: ReadonlySet<string> = new Set(["loop", "lvm", "rom"]);
