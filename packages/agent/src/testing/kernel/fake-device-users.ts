import type { Output } from "@stowage/lvm";
import { saidOf } from "@stowage/lvm/testing";
import { hexadecimal, numberAt } from "../fake-block-tools.ts";
import type { Parsed } from "../fake-command-line.ts";
import { succeeded } from "../fake-command-line.ts";
import type { FakeDisks, FakeVolume } from "../fake-disks.ts";
import type { KernelDevice } from "./fake-kernel.ts";
import { eachOf, kernelDeviceAt, kernelTree, numberOf, numberOfVolume } from "./fake-kernel.ts";
import { kernelNameOfVolume } from "./fake-names.ts";

/* What a fake node tells of who uses its devices: /proc in find's, grep's and stat's words, and losetup. */

type Open = {
  readonly number: readonly [number, number];
  readonly programs: ReadonlyMap<number, string>;
};

const openOnes = (disks: FakeDisks): Open[] => [
  ...disks.devices.flatMap((device) =>
    device.openers === undefined ? [] : [{ number: numberOf(device), programs: device.openers }],
  ),
  ...disks.groups.flatMap(({ volumes }) =>
    volumes.flatMap((volume) =>
      volume.openers === undefined
        ? []
        : [{ number: numberOfVolume(volume), programs: volume.openers }],
    ),
  ),
];

/** The mount of /dev on the fake node, and one whose server is gone, with a file that process 1 has open. */
const devices = {
  id: 23,
  line: "23 1 0:7 / /dev rw,nosuid,relatime - devtmpfs devtmpfs rw,size=4096k",
};
const dead = { id: 99, link: "/proc/1/fd/9" };

/** `find /proc ... -exec grep`: the mounts of what each process has open. */
export const openFiles = (disks: FakeDisks): Output =>
  succeeded(
    [
      `/proc/1/fdinfo/9:mnt_id:\t${dead.id}`,
      ...openOnes(disks).flatMap(({ programs: by }) =>
        [...by.keys()].map((id) => `/proc/${id}/fdinfo/3:mnt_id:\t${devices.id}`),
      ),
    ].join("\n"),
  );

/** @throws Error for the file whose server is gone: stat would never come back. */
export const statOpenFiles = (disks: FakeDisks, links: readonly string[]): Output => {
  if (links.includes(dead.link)) throw new Error(`stat hangs on ${dead.link}`);
  return succeeded(
    openOnes(disks)
      .flatMap(({ number, programs: by }) =>
        [...by.keys()]
          .map((id) => `/proc/${id}/fd/3`)
          .filter((link) => links.includes(link))
          .map((link) => `${link}|block special file|${hexadecimal(number)}`),
      )
      .join("\n"),
  );
};

export const programs = (disks: FakeDisks, paths: readonly string[]): Output =>
  succeeded(
    openOnes(disks)
      .flatMap(({ programs: by }) => Array.from(by))
      .filter(([id]) => paths.includes(`/proc/${id}/exe`))
      .map(([id, program]) => `/proc/${id}/exe|${program}`)
      .join("\n"),
  );

/**
 * `grep` in each process's mountinfo: process 1 has the host's mounts, and the mount namespace of
 * process 77 has what that has not.
 */
export const mounts = (disks: FakeDisks, { options }: Parsed): Output => {
  const words = options.get("regexp") ?? [];
  const lines = eachOf(kernelTree(disks)).flatMap((found) => {
    const place = found.mountPoint;
    const elsewhere = found.device?.mountElsewhere;
    const isOnHost = place?.startsWith("/") === true;
    return [
      isOnHost ? `/proc/1/mountinfo:${mountLine("mountinfo-first", found, place)}` : "",
      elsewhere === undefined
        ? ""
        : `/proc/77/mountinfo:${mountLine("mountinfo-elsewhere", found, elsewhere)}`,
    ];
  });
  lines.push(`/proc/1/mountinfo:${devices.line}\n`);
  return succeeded(lines.filter((line) => words.some((word) => line.includes(word))).join(""));
};

const mountLine = (
  name: "mountinfo-first" | "mountinfo-elsewhere",
  { name: source, number }: KernelDevice,
  place: string,
): string => {
  const recordedPlace = name === "mountinfo-first" ? String.raw`/mnt/with\040a\040blank` : "/mnt/1";
  return saidOf(`proc/${name}`, {
    "98:16": number.join(":"),
    [recordedPlace]: place.replaceAll(" ", String.raw`\040`),
    "/dev/ubdb": source,
  }).stdout;
};

/** The kernel tells what a loop device is over by its own name, whatever link it was set up with. */
export const losetup = (disks: FakeDisks): Output =>
  succeeded(
    JSON.stringify({
      loopdevices: [
        ...disks.devices.flatMap((device) =>
          device.loop === undefined
            ? []
            : [loopOf(device.loop.name, kernelFile(disks, device.loop.file), device.number)],
        ),
        ...disks.groups.flatMap(({ volumes }) =>
          volumes.flatMap((volume) =>
            volume.loop === undefined
              ? []
              : [loopOf(volume.loop, kernelNameOfVolume(volume), inodeOf(volume))],
          ),
        ),
      ],
    }),
  );

const kernelFile = (disks: FakeDisks, path: string): string =>
  kernelDeviceAt(disks, path)?.kernelName ?? path;

const loopOf = (name: string, file: string, inode: number): object => ({
  name,
  "back-file": file,
  "back-ino": inode,
  "back-maj:min": "       0:7  ",
});

const inodeOf = ({ minor }: FakeVolume): number => 10_000 + minor;

/** Of devtmpfs, "0:7", as losetup has it. */
export const statFiles = (disks: FakeDisks, paths: readonly string[]): Output =>
  succeeded(
    paths
      .flatMap((path) => {
        const number = numberAt(disks, path);
        if (number === undefined) return [];
        const device = disks.present(path);
        const volume = disks.volumeAt(path);
        const inode = device?.number ?? (volume === undefined ? 9999 : inodeOf(volume));
        return `${path}|block special file|${hexadecimal(number)}|7|${inode}`;
      })
      .join("\n"),
  );
