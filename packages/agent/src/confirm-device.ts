import type { LvmRunner } from "@stowage/lvm";
import {
  eachDevice,
  LvmError,
  lsblk,
  parseBlockDevices,
  parseTargets,
  runChecked,
  statPaths,
} from "@stowage/lvm";
import { readUsers, subjectOf, wordsForUser } from "./device-users.ts";
import type { KnownDevice } from "./device-verdict.ts";
import { marksOf } from "./erase-record.ts";
import { readSignatures } from "./look-at-device.ts";

/**
 * Right before a device is written for the first time: is it still the one that was judged, and does
 * still nobody use it?
 * @throws LvmError `device_changed`, `device_busy`
 */
export const confirmDevice = async (
  run: LvmRunner,
  volumeGroup: string,
  known: KnownDevice,
): Promise<void> => {
  const changed = (what: string): LvmError => changedDevice(known, what);
  const named = [known, ...known.partitions];
  const paths = named.map(({ path }) => path);
  const targets = parseTargets(await runChecked(run, statPaths(volumeGroup, paths)));
  for (const { path, deviceNumber } of named) {
    const target = targets.get(path);
    if (target?.kind !== "block_device" || target.deviceNumber !== deviceNumber) {
      throw changed(
        `was judged as device ${deviceNumber}, to which ${path} does not lead any more`,
      );
    }
  }
  const host = parseBlockDevices(await runChecked(run, lsblk(volumeGroup, [])));
  const device = eachDevice(host).find(({ deviceNumber }) => deviceNumber === known.deviceNumber);
  if (device === undefined) throw changed("is gone");
  if (device.size !== known.size || device.serial !== known.serial) {
    throw changed("has another size or serial number now");
  }
  const below = device.holders.map(({ deviceNumber }) => deviceNumber).toSorted();
  if (
    below.join() !==
    known.partitions
      .map(({ deviceNumber }) => deviceNumber)
      .toSorted()
      .join()
  ) {
    throw changed("has got other partitions or users");
  }
  const all = eachDevice([device]);
  const busy = (words: string): LvmError =>
    new LvmError("device_busy", { command: "last look", detail: `${known.path} ${words}` });
  const mounted = all.find(({ mountPoint }) => mountPoint !== undefined);
  if (mounted !== undefined) throw busy(`is mounted on ${mounted.mountPoint}`);
  const held = all.slice(1).find(({ type }) => type !== "part");
  if (held !== undefined) throw busy(`is part of ${held.name} (${held.type})`);
  const users = await readUsers(run, [subjectOf(known.path, device, eachDevice(host))]);
  const [user] = users.get(known.path) ?? [];
  if (user !== undefined) throw busy(wordsForUser(user));
};

/**
 * Right before a device is erased: is nothing on it but what the status has told?
 * @throws LvmError `device_changed`
 */
export const confirmContent = async (
  run: LvmRunner,
  known: KnownDevice,
  told: readonly string[],
): Promise<void> => {
  const paths = [known, ...known.partitions].map(({ path }) => path);
  const read = await readSignatures(run, paths);
  if (read.kind !== "read") throw changedDevice(known, "cannot be read any more");
  const news = marksOf(read).filter((mark) => !told.includes(mark));
  if (news.length > 0) throw changedDevice(known, `holds ${news.join(", ")} now`);
};

const changedDevice = ({ path }: KnownDevice, what: string): LvmError =>
  new LvmError("device_changed", { command: "last look", detail: `${path} ${what}` });
