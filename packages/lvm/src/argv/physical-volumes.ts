import type { Command } from "../command.ts";
import { moveLane } from "../command.ts";
import { devicePath, tag } from "../names.ts";
import { lvmWrite } from "./lvm-command.ts";

/**
 * Keeps LVM from allocating on a device that is to be emptied, and marks it: what an admin holds
 * for reasons of his own is not given free again.
 */
export const holdDevice = (
  volumeGroup: string,
  devices: readonly string[],
  path: string,
  text: string,
): Command =>
  lvmWrite("pvchange", volumeGroup, devices, [
    "--allocatable=n",
    `--addtag=${tag(text)}`,
    devicePath(path),
  ]);

/** Takes back what holdDevice did. */
export const releaseDevice = (
  volumeGroup: string,
  devices: readonly string[],
  path: string,
  text: string,
): Command =>
  lvmWrite("pvchange", volumeGroup, devices, [
    "--allocatable=y",
    `--deltag=${tag(text)}`,
    devicePath(path),
  ]);

/**
 * Moves everything from one device to the group's others, while it is in use. Cut off, it goes on
 * where it was when it is started again. Source: pvmove(8).
 */
export const pvmove = (volumeGroup: string, devices: readonly string[], path: string): Command => ({
  ...lvmWrite("pvmove", volumeGroup, devices, ["--interval=5", devicePath(path)]),
  access: "job",
  lane: moveLane(volumeGroup),
});

/** Takes LVM's label off a device that is part of no group; LVM refuses any other. */
export const pvremove = (volumeGroup: string, path: string): Command =>
  lvmWrite("pvremove", volumeGroup, [path], [devicePath(path)]);

/** Lets the group have all of a device that grew. */
export const pvresize = (volumeGroup: string, devices: readonly string[], path: string): Command =>
  lvmWrite("pvresize", volumeGroup, devices, [devicePath(path)]);
