import { matchesGlob } from "node:path";
import type { DeviceMatch } from "@stowage/api";
import { devicePathPattern } from "@stowage/api";
import type { BlockDevice } from "@stowage/lvm";

/** Disks in memory, floppies and optical drives: nobody means them by "every empty disk". */
const neverMeant = /^\/dev\/(zram|ram|fd|sr|nbd|loop)\d+$/;

/** A disk that meets a match, under the name by which it is to be known. */
export type Matched = { readonly path: string; readonly device: BlockDevice };

/** Every whole disk that meets all of `match`. `links`: names by kernel name, as udev gave them. */
export const matchDevices = (
  match: DeviceMatch,
  devices: readonly BlockDevice[],
  links: ReadonlyMap<string, readonly string[]>,
): Matched[] =>
  devices
    .filter((device) => (device.type === "disk" || device.type === "mpath") && device.size > 0)
    .filter((device) => !isPathOfMultipath(device) && isUsable(device.kernelName))
    .filter((device) => {
      const names = [device.kernelName, ...(links.get(device.kernelName) ?? [])];
      return meets(match, device, names);
    })
    .map((device) => ({ path: bestName(device, links), device }));

/** Only the multipath device itself is to be used. */
const isPathOfMultipath = ({ holders }: BlockDevice): boolean =>
  holders.some(({ type }) => type === "mpath");

const globbed = (globs: readonly string[], name: string): boolean =>
  globs.some((glob) => matchesGlob(name, glob));

const meets = (match: DeviceMatch, device: BlockDevice, names: readonly string[]): boolean => {
  const { paths, minSize, maxSize, rotational, transports, models } = match;
  return (
    (paths === undefined
      ? !neverMeant.test(device.kernelName)
      : names.some((name) => globbed(paths, name))) &&
    (minSize === undefined || device.size >= minSize) &&
    (maxSize === undefined || device.size <= maxSize) &&
    (rotational === undefined || rotational === (device.rotation === "rotational")) &&
    (transports === undefined || transports.includes(device.transport ?? "")) &&
    (models === undefined || globbed(models, device.model ?? ""))
  );
};

/** Names that say what lies on a disk change with it. */
const namesOfContent = /^\/dev\/disk\/by-id\/(lvm|dm|md)-/;

/** LVM takes a comma in `--devices` for the end of a path, and its grammar knows no backslash. */
export const isUsable = (name: string): boolean =>
  devicePathPattern.test(name) && !name.includes(",");

/** A name that stays over a reboot where there is one. */
const bestName = (
  { kernelName }: BlockDevice,
  links: ReadonlyMap<string, readonly string[]>,
): string => {
  const names = (links.get(kernelName) ?? [])
    .filter((name) => isUsable(name) && !namesOfContent.test(name))
    .toSorted();
  return (
    names.find((name) => name.startsWith("/dev/disk/by-id/")) ??
    names.find((name) => name.startsWith("/dev/disk/by-path/")) ??
    kernelName
  );
};
