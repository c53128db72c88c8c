import type { FakeDevice, FakeVolume } from "../fake-disks.ts";

/* What a fake node's kernel calls its devices. */

export const isTable = (signature: string): boolean => signature === "gpt" || signature === "dos";

/** Names below /dev/disk are udev's, and those below /dev/mapper device-mapper's. */
export const kernelNameOf = ({ path, number }: Pick<FakeDevice, "path" | "number">): string =>
  path.startsWith("/dev/disk/")
    ? `/dev/vd${letters(number)}`
    : path.startsWith("/dev/mapper/")
      ? `/dev/dm-${firstMap + number}`
      : path;

/** "a" to "z", then "aa". */
const letters = (index: number): string =>
  (index < 26 ? "" : letters(Math.floor(index / 26) - 1)) + String.fromCodePoint(97 + (index % 26));

export const kernelNameOfVolume = ({ minor }: Pick<FakeVolume, "minor">): string =>
  `/dev/dm-${minor}`;

/** A dash in either name is doubled. Source: lvm(8). */
export const mappedPath = (group: string, volume: string): string =>
  `/dev/mapper/${[group, volume].map((name) => name.replaceAll("-", "--")).join("-")}`;

/** Maps of others have numbers beyond those of volumes. */
export const firstMap = 1000;
