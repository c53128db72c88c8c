import type { FakeDevice, FakeDisks, FakeGroup, FakeVolume } from "../fake-disks.ts";
import { extentSize } from "../fake-disks.ts";
import { firstMap, kernelNameOf, kernelNameOfVolume, mappedPath } from "./fake-names.ts";

/** A block device of the fake node as its kernel has it, with what is built on it. */
export type KernelDevice = {
  /** Of a map what device-mapper calls it, of all else the kernel's name. */
  readonly name: string;
  readonly kernelName: string;
  readonly number: readonly [major: number, minor: number];
  readonly type: string;
  readonly size: number;
  readonly mountPoint: string | undefined;
  /** What LVM's own layers and loop devices have not. */
  readonly device?: FakeDevice;
  readonly volume?: FakeVolume;
  readonly holders: readonly KernelDevice[];
};

const mapMajor = 254;

/** Minor numbers of the layers that LVM puts between a snapshot and its disks. */
const firstLayer = 100_000;

const majorOf = (kernelName: string): number => {
  if (kernelName.startsWith("/dev/dm-")) return mapMajor;
  if (kernelName.startsWith("/dev/loop")) return 7;
  if (kernelName.startsWith("/dev/sd")) return 8;
  return kernelName.startsWith("/dev/md") ? 9 : 98;
};

export const numberOf = (device: FakeDevice): readonly [major: number, minor: number] => {
  const kernelName = kernelNameOf(device);
  const isMap = kernelName !== device.path && device.path.startsWith("/dev/mapper/");
  return [majorOf(kernelName), isMap ? firstMap + device.number : device.number];
};

export const numberOfVolume = ({ minor }: FakeVolume): readonly [major: number, minor: number] => [
  mapMajor,
  minor,
];

const typeOf = (device: FakeDevice): string =>
  device.type ?? (device.path.startsWith("/dev/loop") ? "loop" : "disk");

const byNumber = (a: KernelDevice, b: KernelDevice): number =>
  a.number[0] - b.number[0] || a.number[1] - b.number[1];

/** One device that is there, with all that is built on it; nothing for a loop device that is over nothing. */
const kernelDevice = (disks: FakeDisks, device: FakeDevice): KernelDevice[] => {
  if (typeOf(device) === "loop" && device.size === 0) return [];
  const kernelName = kernelNameOf(device);
  const above = disks.devices.filter(
    ({ disk, over = [], presence }) =>
      presence !== "missing" && [disk, ...over].some((path) => isNamed(device, path)),
  );
  return [
    {
      name: device.path.startsWith("/dev/mapper/") ? device.path : kernelName,
      kernelName,
      number: numberOf(device),
      type: typeOf(device),
      size: device.size,
      mountPoint: device.mountPoint,
      device,
      holders: [
        ...above.flatMap((other) => kernelDevice(disks, other)),
        ...disks.groups.flatMap((group) => volumesOn(group, device)),
      ].toSorted(byNumber),
    },
  ];
};

const isNamed = (device: FakeDevice, path: string | undefined): boolean =>
  path !== undefined && [device.path, kernelNameOf(device), ...device.links].includes(path);

/** Active volumes of a group that have extents on the device. */
const volumesOn = (group: FakeGroup, device: FakeDevice): KernelDevice[] =>
  device.group !== group.uuid
    ? []
    : group.volumes
        .filter(({ places }) => places.some((place) => place.device === device.uuid))
        .flatMap((volume) => mapsOf(group, volume));

/**
 * What lies on the disks for a volume. For an origin that is NAME-real, on which the volume itself and
 * its snapshots are built; for a snapshot NAME-cow, on which it is built too.
 */
const mapsOf = (group: FakeGroup, volume: FakeVolume): KernelDevice[] => {
  if (volume.activation === "inactive") return [];
  const snapshots = group.volumes.filter(
    ({ origin, activation }) => origin === volume.name && activation !== "inactive",
  );
  if (snapshots.length > 0) {
    const built = [volume, ...snapshots].flatMap((each) => kernelVolume(group, each));
    return [layer(group, volume, "real", built)];
  }
  const own = kernelVolume(group, volume);
  return isSnapshot(group, volume) ? [layer(group, volume, "cow", own)] : own;
};

const isSnapshot = ({ volumes }: FakeGroup, { origin }: FakeVolume): boolean =>
  origin !== undefined && volumes.some(({ name }) => name === origin);

const layer = (
  group: FakeGroup,
  volume: FakeVolume,
  kind: "real" | "cow",
  holders: readonly KernelDevice[],
): KernelDevice => {
  const minor = firstLayer + 2 * volume.minor + (kind === "real" ? 0 : 1);
  return {
    name: `${mappedPath(group.name, volume.name)}-${kind}`,
    kernelName: `/dev/dm-${minor}`,
    number: [mapMajor, minor],
    type: "lvm",
    size: volume.extents * extentSize,
    mountPoint: undefined,
    holders: holders.toSorted(byNumber),
  };
};

/** A volume itself, while it is active. A snapshot is as large as its origin. */
const kernelVolume = (group: FakeGroup, volume: FakeVolume): KernelDevice[] => {
  if (volume.activation === "inactive") return [];
  const origin = group.volumes.find(({ name }) => name === volume.origin);
  return [
    {
      name: mappedPath(group.name, volume.name),
      kernelName: kernelNameOfVolume(volume),
      number: numberOfVolume(volume),
      type: "lvm",
      size: (origin ?? volume).extents * extentSize,
      mountPoint: mountOf(volume),
      volume,
      holders: [],
    },
  ];
};

/** Who opens it without O_EXCL, as a loop device does, holds it for nobody but LVM. */
export const isMounted = (volume: FakeVolume): boolean => mountOf(volume) !== undefined;

const mountOf = ({ use, loop, openers, mountPoint = "/mnt/it" }: FakeVolume): string | undefined =>
  use === "open" && loop === undefined && openers === undefined ? mountPoint : undefined;

/** Loop devices that somebody set up over devices and volumes. Nothing shows what they are over. */
const loopsOf = (disks: FakeDisks): KernelDevice[] => {
  const names = [
    ...disks.devices.flatMap(({ loop, size }) => (loop === undefined ? [] : [[loop.name, size]])),
    ...disks.groups.flatMap(({ volumes }) =>
      volumes.flatMap(({ loop, extents }) =>
        loop === undefined ? [] : [[loop, extents * extentSize]],
      ),
    ),
  ] as [string, number][];
  return names.map(([name, size]) => ({
    name,
    kernelName: name,
    number: [7, Number(/\d+$/.exec(name)?.[0])],
    type: "loop",
    size,
    mountPoint: undefined,
    holders: [],
  }));
};

/** Every device that is built on no other. */
export const kernelTree = (disks: FakeDisks): KernelDevice[] =>
  [
    ...disks.devices
      .filter(({ presence }) => presence !== "missing")
      .filter(({ disk, over = [] }) =>
        [disk, ...over].every((path) => path === undefined || disks.present(path) === undefined),
      )
      .flatMap((device) => kernelDevice(disks, device)),
    ...loopsOf(disks),
  ].toSorted(byNumber);

/** What a path leads to. The node of a volume may be older than its device, and lead elsewhere. */
export const kernelDeviceAt = (disks: FakeDisks, path: string): KernelDevice | undefined => {
  const device = disks.present(path);
  if (device !== undefined) return kernelDevice(disks, device)[0];
  const volume = disks.volumeAt(path);
  const group = disks.groups.find(
    ({ volumes }) => volume !== undefined && volumes.includes(volume),
  );
  if (volume === undefined || group === undefined) {
    return loopsOf(disks).find(({ kernelName }) => kernelName === path);
  }
  const isOwnPath = path === `/dev/${group.name}/${volume.name}`;
  if (isOwnPath && volume.link === "absent") return undefined;
  const [found] = kernelVolume(group, volume);
  return found !== undefined && isOwnPath && volume.link === "astray"
    ? { ...found, ...elsewhere }
    : found;
};

const elsewhere = {
  name: "/dev/mapper/another-one",
  kernelName: "/dev/dm-255",
  number: [mapMajor, 255],
} as const;

/** Whether somebody holds it exclusively: it is mounted, or something other than partitions is built on it. */
export const isHeld = (disks: FakeDisks, device: FakeDevice): boolean =>
  kernelDevice(disks, device).some((found) => isTaken(found));

const isTaken = ({ mountPoint, device, holders }: KernelDevice): boolean =>
  mountPoint !== undefined ||
  device?.mountElsewhere !== undefined ||
  holders.some((holder) => holder.type !== "part" || isTaken(holder));

/** Each of them once, with all that is built on them. */
export const eachOf = (found: readonly KernelDevice[]): KernelDevice[] => {
  const all = new Map<string, KernelDevice>();
  for (const each of found.flatMap((root) => [root, ...eachOf(root.holders)])) {
    all.set(each.kernelName, all.get(each.kernelName) ?? each);
  }
  return [...all.values()];
};
