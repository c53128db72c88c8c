import type { LvmRunner, PhysicalVolume, Report } from "@stowage/lvm";
import {
  eachDevice,
  LvmError,
  lsblk,
  parseBlockDevices,
  parseReport,
  parseSystemId,
  readSystemId,
  reportDevices,
  reportHost,
  runChecked,
} from "@stowage/lvm";
import type { Claim } from "./find-group.ts";
import { findGroup } from "./find-group.ts";
import type { GroupSeen } from "./observation.ts";
import { devicesBeyond, mergeReports, withoutGuests } from "./seen-groups.ts";

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
  const narrow = await reportOf(run, volumeGroup, devices);
  const first = findGroup(narrow, claim);
  if (first.kind === "present" && first.group.missingDevices === 0) {
    return { group: first, report: narrow };
  }
  const wide = await reportOfHost(run, volumeGroup);
  if (wide instanceof LvmError) {
    const group: GroupSeen =
      first.kind === "absent" ? { kind: "not_seen", why: wide.message } : first;
    return { group, report: narrow };
  }
  const beyond = devicesBeyond(narrow, wide);
  const whole =
    beyond.length === 0 ? narrow : await reportOf(run, volumeGroup, [...devices, ...beyond]);
  const report = mergeReports(whole, wide);
  return { group: findGroup(report, claim), report };
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

const reportOf = async (
  run: LvmRunner,
  volumeGroup: string,
  devices: readonly string[],
): Promise<Report> =>
  devices.length === 0
    ? { groups: [], loneDevices: [] }
    : withoutOwnId(
        run,
        volumeGroup,
        parseReport(await runChecked(run, reportDevices(volumeGroup, devices))),
      );

/** What LVM sees anywhere on the host, but for what lies on devices that pods write. */
const reportOfHost = async (run: LvmRunner, volumeGroup: string): Promise<Report | LvmError> => {
  try {
    const told = parseReport(await runChecked(run, reportHost()));
    const report = await withoutOwnId(run, volumeGroup, told);
    const paths = report.groups
      .filter(({ name }) => name === volumeGroup)
      .flatMap(({ physicalVolumes }) => physicalVolumes)
      .flatMap(({ path }) => (path.startsWith("/dev/") ? [path] : []));
    const guests = await guestsAmong(run, volumeGroup, paths);
    const volumes = new Set(
      report.groups.flatMap(({ logicalVolumes }) =>
        logicalVolumes.flatMap(({ deviceNumber }) => deviceNumber ?? []),
      ),
    );
    return withoutGuests(
      report,
      ({ path, deviceNumber }) =>
        loopDevice.test(path) || guests.has(deviceNumber) || volumes.has(deviceNumber),
    );
  } catch (error) {
    if (error instanceof LvmError) return error;
    throw error;
  }
};

/** The kubelet puts one on every Block volume in use; the pod writes what is read there. */
const loopDevice = /^\/dev\/loop\d/;

const guestTypes: ReadonlySet<string> = new Set(["loop", "lvm"]);

const guestsAmong = async (
  run: LvmRunner,
  volumeGroup: string,
  paths: readonly string[],
): Promise<ReadonlySet<PhysicalVolume["deviceNumber"]>> => {
  if (paths.length === 0) return new Set();
  const devices = parseBlockDevices(await runChecked(run, lsblk(volumeGroup, paths)));
  return new Set(
    eachDevice(devices)
      .filter(({ type }) => guestTypes.has(type))
      .map(({ deviceNumber }) => deviceNumber),
  );
};
