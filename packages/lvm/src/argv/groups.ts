import type { Command } from "../command.ts";
import { devicePath, groupName, tag } from "../names.ts";
import { lvmWrite } from "./lvm-command.ts";

/**
 * LVM's own default of 1 MiB holds about 800 volumes with tags in the half that a change can use;
 * 4 MiB holds the 1000 that one object lists, and growth.
 */
const metadataSize = "--metadatasize=4m";

/**
 * Makes the group and its physical volumes. A device that holds any signature makes LVM ask, and
 * stdin is empty, so that it refuses: no --yes and no --force here.
 */
export const vgcreate = (
  volumeGroup: string,
  devices: readonly string[],
  tags: readonly string[],
): Command => withDevices("vgcreate", volumeGroup, { present: [], added: devices, tags });

/** Adds clean devices to a group that already lies on `present`. Refuses as vgcreate does. */
export const vgextend = (
  volumeGroup: string,
  present: readonly string[],
  added: readonly string[],
): Command => withDevices("vgextend", volumeGroup, { present, added, tags: [] });

const withDevices = (
  name: "vgcreate" | "vgextend",
  volumeGroup: string,
  {
    present,
    added,
    tags,
  }: {
    readonly present: readonly string[];
    readonly added: readonly string[];
    readonly tags: readonly string[];
  },
): Command =>
  lvmWrite(
    name,
    volumeGroup,
    [...present, ...added],
    [
      metadataSize,
      ...tags.map((text) => `--addtag=${tag(text)}`),
      groupName(volumeGroup),
      ...added.map(devicePath),
    ],
  );

/** What the group has of them already stays as it is. */
export const vgchangeAddTags = (
  volumeGroup: string,
  devices: readonly string[],
  tags: readonly string[],
): Command =>
  lvmWrite("vgchange", volumeGroup, devices, [
    ...tags.map((text) => `--addtag=${tag(text)}`),
    groupName(volumeGroup),
  ]);

/** Takes an empty device out of the group; LVM refuses one that is not empty. */
export const vgreduce = (volumeGroup: string, devices: readonly string[], path: string): Command =>
  lvmWrite("vgreduce", volumeGroup, devices, [groupName(volumeGroup), devicePath(path)]);

/** Takes a device back that was away while the group was changed. Source: vgextend(8). */
export const vgextendRestoreMissing = (
  volumeGroup: string,
  devices: readonly string[],
  path: string,
): Command =>
  lvmWrite("vgextend", volumeGroup, devices, [
    "--restoremissing",
    groupName(volumeGroup),
    devicePath(path),
  ]);

/** Makes the /dev links of active volumes that lack them. */
export const vgmknodes = (volumeGroup: string, devices: readonly string[]): Command =>
  lvmWrite("vgmknodes", volumeGroup, devices, [groupName(volumeGroup)]);
