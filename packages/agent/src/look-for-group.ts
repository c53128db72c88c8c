import type { BlockDevice, Command, LvmRunner, Report } from "@stowage/lvm";
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

/** A group, and the report that it was found in. */
type Found = { readonly group: GroupSeen; readonly report: Report };

/**
 * Looks for a group on `devices`; only if it is not there, or not whole, on all devices of the host.
 * @throws LvmError
 */
export const lookForGroup = async (
  run: LvmRunner,
  claim: Claim,
  devices: readonly string[],
): Promise<Found> => {
  const { volumeGroup } = claim;
  const ask = (paths: readonly string[]): Command => reportDevices(volumeGroup, paths);
  const narrow = await withoutOwnId(run, volumeGroup, await readReport(run, ask, devices));
  const first = findGroup(narrow, claim);
  if (first.kind === "present" && first.group.missingDevices === 0) {
    return { group: first, report: narrow };
  }
  const wide = await reportOfHost(run, volumeGroup, devices);
  if (wide instanceof LvmError) {
    const group: GroupSeen =
      first.kind === "absent" ? { kind: "not_seen", why: wide.message } : first;
    return { group, report: narrow };
  }
  return { group: findGroup(wide, claim), report: wide };
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
 * What lies on `devices` and on any other device of the host, but for those that pods write. Each is
 * named to LVM, so that no filter and no devices file hides one.
 */
const reportOfHost = async (
  run: LvmRunner,
  volumeGroup: string,
  devices: readonly string[],
): Promise<Report | LvmError> => {
  try {
    const blocks = parseBlockDevices(await runChecked(run, lsblk(volumeGroup, [])));
    const paths = [...new Set([...devices, ...placesOfGroups(blocks)])];
    return await withoutOwnId(run, volumeGroup, await readReport(run, reportHost, paths));
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
const placesOfGroups = (blocks: readonly BlockDevice[]): string[] => {
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
    )
    .map(({ kernelName }) => kernelName)
    .filter(isUsable);
};

const neverPlaces: ReadonlySet<string> = new Set(["loop", "lvm", "rom"]);
