import type { Output } from "@stowage/lvm";
import type { Parsed } from "./fake-command-line.ts";
import { failed, succeeded } from "./fake-command-line.ts";
import type { FakeDisks, FakeGroup, FakeVolume, Place } from "./fake-disks.ts";

/* LVM's commands that change something, and its words when they fail. */

export const addToGroup = (
  disks: FakeDisks,
  name: "vgcreate" | "vgextend",
  { options, operands }: Parsed,
): Output => {
  const [groupName = "", ...paths] = operands;
  const existing = disks.groupOn(options.get("devices") ?? [], groupName);
  if (name === "vgcreate" && existing !== undefined) {
    return failed(`  A volume group called ${groupName} already exists.`);
  }
  const devices = paths.map((path) => disks.present(path));
  for (const device of devices) {
    if (device === undefined) return failed("  No device found for /dev/x.");
    if (device.group !== undefined) {
      return failed(
        `  Physical volume '${device.path}' is already in volume group '${device.group}'`,
      );
    }
    // A lone physical volume holds nothing, and is taken as it is. Of all else LVM asks.
    const asks = device.signatures.some((type) => type !== "LVM2_member");
    if (asks && !options.has("yes")) {
      return failed("  1 existing signature left on the device.");
    }
  }
  if (name === "vgextend" && existing === undefined) {
    return failed(`  Volume group "${groupName}" not found`);
  }
  const group =
    existing ??
    disks.addGroup(groupName, [], options.get("addtag") ?? [], newUuid(disks, groupName));
  for (const device of devices) {
    if (device === undefined) continue;
    device.group = group.uuid;
    device.signatures.splice(0, device.signatures.length, "LVM2_member");
  }
  return succeeded("");
};

const newUuid = (disks: FakeDisks, name: string): string =>
  disks.group(name) === undefined ? name : `${name}-${disks.groups.length}`;

export const vgreduce = (
  disks: FakeDisks,
  { options, operands: [groupName = "", path = ""] }: Parsed,
): Output => {
  const device = disks.present(path);
  const group = disks.groupOn(options.get("devices") ?? [], groupName);
  if (group === undefined) return failed(`  Volume group "${groupName}" not found`);
  if (device?.group !== group.uuid) {
    return failed(`  Physical volume "${path}" not found in volume group "${groupName}"`);
  }
  if (disks.allocatedOn(device) > 0) return failed(`  Physical volume "${path}" still in use`);
  delete device.group;
  delete device.allocation;
  device.tags.splice(0);
  return succeeded("");
};

export const changeDevice = (
  disks: FakeDisks,
  name: string,
  { options, operands: [path = ""] }: Parsed,
): Output => {
  const device = disks.present(path);
  const group = disks.group(device?.group ?? "");
  if (device === undefined) return failed(`  Failed to find physical volume "${path}".`);
  switch (name) {
    case "pvchange":
      device.allocation = options.get("allocatable")?.[0] === "n" ? "held" : "allocatable";
      device.tags.push(...(options.get("addtag") ?? []));
      for (const tag of options.get("deltag") ?? []) {
        device.tags.splice(device.tags.indexOf(tag), 1);
      }
      return succeeded("");
    case "pvresize":
      device.knownSize = device.size;
      return succeeded("");
    case "pvremove":
      if (group !== undefined) return failed(`  PV ${path} is used by VG ${group.name}.`);
      device.signatures.splice(0);
      return succeeded("");
    default: {
      if (group === undefined) return failed(`  No data to move for ${path}.`);
      if (group.halfwayFrom === path) delete group.halfwayFrom;
      const others = disks.allocatable(group).filter((other) => other !== device);
      if (disks.allocatedOn(device) === 0) return failed(`  No data to move for ${group.name}.`);
      if (disks.allocatedOn(device) > disks.roomOn(others)) return noSpace(group);
      for (const volume of group.volumes) disks.move(volume, device, others);
      return succeeded("");
    }
  }
};

export const changeGroup = (
  disks: FakeDisks,
  name: string,
  { options, operands }: Parsed,
): Output => {
  const [groupName = "", volumeName = ""] = (operands[0] ?? "").split("/");
  const group = disks.groupOn(options.get("devices") ?? [], groupName);
  if (group === undefined) return failed(`  Volume group "${groupName}" not found`);
  const volume = group.volumes.find((lv) => lv.name === volumeName);
  const extents = Number(options.get("extents")?.[0] ?? 0);
  switch (name) {
    case "vgchange":
      group.tags.push(...(options.get("addtag") ?? []));
      return succeeded("");
    case "vgmknodes":
      for (const lv of group.volumes) lv.link = "present";
      return succeeded("");
    case "lvchange":
      for (const operand of operands) {
        const lv = group.volumes.find((other) => other.name === operand.split("/")[1]);
        if (lv === undefined) continue;
        const off = options.get("deltag") ?? [];
        const on = options.get("addtag") ?? [];
        lv.tags = [...lv.tags.filter((tag) => !off.includes(tag) && !on.includes(tag)), ...on];
        if (options.has("activate") || options.has("refresh")) lv.activation = "active";
      }
      return succeeded(`  Logical volume ${operands[0]} changed.`);
    case "lvcreate":
      return lvcreate(disks, group, options, extents);
    case "lvextend":
      if (volume === undefined) return failed("  Failed to find logical volume");
      if (group.volumes.some(({ origin }) => origin === volume.name)) {
        return failed(
          "  Snapshot origin volumes can be resized only while inactive: try lvchange -an.",
        );
      }
      if (extents <= volume.extents) return failed("  New size given not larger than existing");
      return lvextend(disks, group, volume, { options, extents, ranges: operands.slice(1) });
    case "lvremove":
      if (volume === undefined) return failed("  Failed to find logical volume");
      // --select=lv_attr=~"^-": an origin, a snapshot or a pool is not selected, which is no failure.
      if (isBuiltOn(group, volume)) return succeeded("");
      if (volume.use === "open") return failed(`  Logical volume ${operands[0]} in use.`);
      group.volumes.splice(group.volumes.indexOf(volume), 1);
      return succeeded(`  Logical volume "${volume.name}" successfully removed.`);
    default:
      throw new Error(`the fake node knows no ${name}`);
  }
};

const isBuiltOn = (group: FakeGroup, { name, origin, layout }: FakeVolume): boolean =>
  origin !== undefined ||
  (layout ?? "linear") !== "linear" ||
  group.volumes.some((other) => other.origin === name);

const lvextend = (
  disks: FakeDisks,
  group: FakeGroup,
  volume: FakeVolume,
  asked: {
    readonly options: ReadonlyMap<string, string[]>;
    readonly extents: number;
    readonly ranges: readonly string[];
  },
): Output => {
  const more = asked.extents - volume.extents;
  const free = asked.ranges
    .flatMap((range) => placesIn(disks, range))
    .filter((place) => disks.isFree(place));
  const room = asked.ranges.length > 0 ? free.length : disks.roomOn(disks.allocatable(group));
  if (more > room) return noSpace(group);
  if (asked.options.has("test")) return succeeded("");
  if (asked.ranges.length > 0) disks.give(volume, free.slice(0, more));
  else disks.allocate(volume, more, disks.allocatable(group));
  return succeeded("");
};

/** "/dev/sda:0-9"; none on a device from which LVM may not allocate. */
const placesIn = (disks: FakeDisks, range: string): Place[] => {
  const [, path = "", first, last] = /^(.*):(\d+)-(\d+)$/.exec(range) ?? [];
  const device = disks.present(path);
  if (device === undefined || device.allocation === "held") return [];
  const length = Number(last) - Number(first) + 1;
  return Array.from({ length }, (_, index) => ({
    device: device.uuid,
    extent: Number(first) + index,
  }));
};

const lvcreate = (
  disks: FakeDisks,
  group: FakeGroup,
  options: ReadonlyMap<string, string[]>,
  extents: number,
): Output => {
  const name = options.get("name")?.[0] ?? "";
  if (group.volumes.some((volume) => volume.name === name)) {
    return failed(`  Logical Volume "${name}" already exists in volume group "${group.name}"`);
  }
  if (extents > disks.roomOn(disks.allocatable(group))) return noSpace(group);
  const volume = disks.addVolume(group, name, 0, options.get("addtag") ?? []);
  volume.content = "stale";
  disks.allocate(volume, extents, disks.allocatable(group));
  return succeeded("");
};

const noSpace = (group: FakeGroup): Output =>
  failed(`  Volume group "${group.name}" has insufficient free space.`);
