import type { Command } from "../command.ts";
import { moveLane } from "../command.ts";
import { devicePath, tag } from "../names.ts";
import type { PhysicalVolume } from "../report.ts";
import { lvmWrite } from "./lvm-command.ts";

/**
 * Held: LVM allocates nothing on it, and the tag marks whose doing that is; what an admin holds for
 * reasons of his own is not given free again. Allocatable takes both back.
 */
export const setAllocation = (
  volumeGroup: string,
  devices: readonly string[],
  path: string,
  allocation: PhysicalVolume["allocation"],
  text: string,
): Command =>
  lvmWrite("pvchange", volumeGroup, devices, [
    ...(allocation === "held"
      ? ["--allocatable=n", `--addtag=${tag(text)}`]
      : ["--allocatable=y", `--deltag=${tag(text)}`]),
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
