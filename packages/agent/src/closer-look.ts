import type { BlockDevice, LvmRunner } from "@stowage/lvm";
import {
  compareWithZeros,
  deviceLinks,
  endSize,
  hostFilters,
  isShutOut,
  lsblk,
  LvmError,
  parseBlockDevices,
  parseFilters,
  parseLinks,
  runChecked,
} from "@stowage/lvm";
import { bytes, noBytes } from "@stowage/capacity";
import { readUsers, subjectOf } from "./device-users.ts";
import type { CloserLook, DeviceSeen, Observation } from "./observation.ts";

/**
 * Looks closer at the devices that would otherwise be taken or erased: these are few, and most looks
 * find none. A device that cannot be looked at is not taken; the others are.
 */
export const lookCloser = async (
  run: LvmRunner,
  volumeGroup: string,
  devices: readonly DeviceSeen[],
  loneDevices: Observation["loneDevices"],
): Promise<{
  readonly devices: readonly DeviceSeen[];
  readonly hostDevices: readonly BlockDevice[];
}> => {
  const wanted = devices.flatMap((seen) => {
    const { found } = seen;
    return found.kind === "block_device" && mayBeTaken(seen, loneDevices) ? [{ seen, found }] : [];
  });
  if (wanted.length === 0) return { devices, hostDevices: [] };
  const looks = new Map<DeviceSeen, CloserLook>();
  let hostDevices: readonly BlockDevice[] = [];
  try {
    hostDevices = parseBlockDevices(await runChecked(run, lsblk(volumeGroup, [])));
    const host = hostDevices;
    const links = parseLinks(await runChecked(run, deviceLinks(volumeGroup)));
    const filters = parseFilters(await runChecked(run, hostFilters(volumeGroup)));
    const users = await readUsers(
      run,
      wanted.map(({ seen, found }) => subjectOf(seen.path, found.device, host)),
    );
    for (const { seen, found } of wanted) {
      const { kernelName, name, holders } = found.device;
      const named = links.get(kernelName) ?? [];
      looks.set(
        seen,
        await withEnds(run, seen, found.device, {
          kind: "read",
          users: users.get(seen.path) ?? [],
          filter: isShutOut(filters, [seen.path, kernelName, name, ...named])
            ? "shuts_out"
            : "accepts",
          ends: "unread",
          partitionPaths: new Map(
            holders.flatMap(({ kernelName: partition }) => {
              const own = links
                .get(partition)
                ?.find((link) => link.startsWith(`${seen.path}-part`));
              return own === undefined ? [] : [[partition, own] as const];
            }),
          ),
        }),
      );
    }
  } catch (error) {
    if (!(error instanceof LvmError)) throw error;
    for (const { seen } of wanted) looks.set(seen, { kind: "unreadable", why: error.message });
  }
  const looked = devices.map((seen): DeviceSeen => {
    const closer = looks.get(seen);
    if (closer === undefined || seen.found.kind !== "block_device") return seen;
    return { ...seen, found: { ...seen.found, closer } };
  });
  return { devices: looked, hostDevices };
};

/** Not in use by what is known so far, and clean, or to be erased. */
const mayBeTaken = (
  { wish, doubt, found }: DeviceSeen,
  loneDevices: Observation["loneDevices"],
): boolean => {
  if (found.kind !== "block_device" || doubt !== undefined) return false;
  const { signatures, partitions, device } = found;
  if (signatures.kind !== "read" || partitions.kind === "unreadable" || wish === "evacuate") {
    return false;
  }
  if (loneDevices.get(device.deviceNumber) === "none") return true;
  const types = [...signatures.types, ...(partitions.kind === "read" ? partitions.types : [])];
  return wish === "erase" ? !types.includes("LVM2_member") : types.length === 0;
};

/** With what its ends hold, where it was only matched: nobody named it as one to be used. */
const withEnds = async (
  run: LvmRunner,
  { origin, path }: DeviceSeen,
  { size }: BlockDevice,
  closer: CloserLook & { readonly kind: "read" },
): Promise<CloserLook> => {
  if (origin === "named") return closer;
  const length = bytes(Math.min(endSize, size));
  try {
    for (const offset of [noBytes, bytes(size - length)]) {
      const command = compareWithZeros(path, { offset, length });
      const words = await runChecked(run, command);
      if (words.trim() !== "") return { ...closer, ends: "data" };
    }
    return { ...closer, ends: "zero" };
  } catch (error) {
    if (!(error instanceof LvmError)) throw error;
    return { kind: "unreadable", why: error.message };
  }
};
