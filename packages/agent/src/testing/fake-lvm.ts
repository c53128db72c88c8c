import type { Output } from "@stowage/lvm";
import { saidOf } from "@stowage/lvm/testing";
import type { Parsed } from "./fake-command-line.ts";
import { succeeded } from "./fake-command-line.ts";
import type { FakeDevice, FakeDisks, FakeGroup, FakeVolume } from "./fake-disks.ts";
import { isHeld } from "./kernel/fake-kernel.ts";
import { isTable } from "./kernel/fake-names.ts";
import type { Place } from "./ground.ts";

/* LVM's commands that change something; what they say was recorded from LVM. */

/** A recording of testdata/words, told of other things. */
const said = (name: string, instead: Readonly<Record<string, string | number>> = {}): Output =>
  saidOf(`words/2.03.16-${name}`, instead);

const noGroup = (name: string): Output => said("group-not-found", { "no-such-group": name });

export const addToGroup = (
  disks: FakeDisks,
  name: "vgcreate" | "vgextend",
  { options, operands }: Parsed,
): Output => {
  const [groupName = "", ...paths] = operands;
  const existing = disks.groupOn(options.get("devices") ?? [], groupName);
  if (name === "vgcreate" && existing !== undefined) {
    return said("vgcreate-again", { fast: groupName });
  }
  if (name === "vgcreate" && disks.groups.some((group) => isInDev(group, groupName))) {
    return said("vgcreate-name-in-dev", { "in-the-way": groupName });
  }
  const devices: FakeDevice[] = [];
  for (const path of paths) {
    const device = disks.present(path);
    if (device === undefined) return said("vgcreate-missing", { "/dev/missing": path });
    const refusal = refusalOf(disks, device, options);
    if (refusal !== undefined) return refusal;
    devices.push(device);
  }
  const sectors = [...(existing === undefined ? [] : disks.devicesOf(existing)), ...devices].map(
    ({ sectorSize = 512 }) => sectorSize,
  );
  const [least, most] = [Math.min(...sectors), Math.max(...sectors)];
  if (least !== most && name === "vgcreate") {
    return said("vgcreate-mixed-sectors", { "512": least, "4096": most });
  }
  // From here on vgextend has written its labels, whatever it says in the end.
  for (const device of devices) {
    device.signatures.splice(0, device.signatures.length, "LVM2_member");
    disks.writeHead(device, name);
  }
  if (least !== most) {
    const [{ path }] = devices as [FakeDevice];
    return said("vgextend-mixed-sectors", { "/dev/sda": path, "512": least, "4096": most });
  }
  if (name === "vgextend" && existing === undefined) {
    return said("vgextend-group-missing", {
      "no-such-group": groupName,
      "/dev/ubdd": paths[0] ?? "",
    });
  }
  const group =
    existing ??
    disks.addGroup(groupName, [], options.get("addtag") ?? [], newUuid(disks, groupName));
  for (const device of devices) device.group = group.uuid;
  return committed(disks, group, name, succeeded(""));
};

/** A folder of the name is in /dev while a volume of such a group is active. */
const isInDev = ({ name, volumes }: FakeGroup, wanted: string): boolean =>
  name === wanted && volumes.some(({ activation }) => activation !== "inactive");

const refusalOf = (
  disks: FakeDisks,
  device: FakeDevice,
  options: ReadonlyMap<string, string[]>,
): Output | undefined => {
  const { path, group, signatures } = device;
  if (group !== undefined) {
    const name = disks.group(group)?.name ?? group;
    return said("vgcreate-over-member", { "/dev/ubdb": path, fast: name });
  }
  if (isHeld(disks, device)) return said("vgcreate-mounted", { "/dev/ubdd": path });
  if (signatures.some(isTable)) return said("vgcreate-partitioned", { "/dev/ubdd": path });
  // A lone physical volume holds nothing, and is taken as it is. Of all else LVM asks.
  const asks = signatures.some((type) => type !== "LVM2_member");
  return asks && !options.has("yes")
    ? said("vgcreate-signature", { "/dev/ubdd": path })
    : undefined;
};

const newUuid = (disks: FakeDisks, name: string): string => {
  const uuid = `${disks.brand}${name}`;
  return disks.group(uuid) === undefined ? uuid : `${uuid}-${disks.groups.length}`;
};

/** What a command that ended well has written: the metadata on every device of its group. */
const committed = (disks: FakeDisks, group: FakeGroup, command: string, output: Output): Output => {
  if (output.exitCode !== 0) return output;
  for (const device of disks.devicesOf(group)) {
    if (device.presence !== "missing") disks.writeHead(device, command);
  }
  return output;
};

export const vgreduce = (
  disks: FakeDisks,
  { options, operands: [groupName = "", path = ""] }: Parsed,
): Output => {
  const device = disks.present(path);
  const group = disks.groupOn(options.get("devices") ?? [], groupName);
  if (group === undefined) return noGroup(groupName);
  if (device?.group !== group.uuid) return said("vgreduce-no-member", { "/dev/ubdd": path });
  if (disks.devicesOf(group).length === 1) {
    return said("vgreduce-final", { "/dev/ubdb": path, fast: groupName });
  }
  if (disks.allocatedOn(device) > 0) return said("vgreduce-in-use", { "/dev/ubdb": path });
  committed(disks, group, "vgreduce", succeeded(""));
  device.group = undefined;
  device.allocation = undefined;
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
  const output = changed(disks, name, { options, path, device, group });
  return group === undefined ? output : committed(disks, group, name, output);
};

const changed = (
  disks: FakeDisks,
  name: string,
  {
    options,
    path,
    device,
    group,
  }: {
    readonly options: ReadonlyMap<string, string[]>;
    readonly path: string;
    readonly device: FakeDevice | undefined;
    readonly group: FakeGroup | undefined;
  },
): Output => {
  if (device === undefined || (group === undefined && !device.signatures.includes("LVM2_member"))) {
    return said(`${name}-no-physical-volume`, { "/dev/ubdd": path });
  }
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
      if (group !== undefined) {
        return said("pvremove-in-use", { "/dev/ubdb": path, fast: group.name });
      }
      device.signatures.splice(0);
      disks.writeHead(device, name);
      return succeeded("");
    default: {
      if (group === undefined) return said("pvmove-no-physical-volume", { "/dev/ubdd": path });
      if (group.halfwayFrom !== undefined && disks.present(group.halfwayFrom) === device)
        delete group.halfwayFrom;
      const others = disks.allocatable(group).filter((other) => other !== device);
      const moving = disks.allocatedOn(device);
      if (moving === 0) return said("pvmove-nothing-to-move", { fast: group.name });
      if (moving > disks.roomOn(others)) {
        return said("pvmove-no-room", {
          "19": moving,
          "0": disks.roomOn(others),
          fast: group.name,
        });
      }
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
  const [groupName = ""] = (operands[0] ?? "").split("/");
  const group = disks.groupOn(options.get("devices") ?? [], groupName);
  if (group === undefined) return noGroup(groupName);
  const output = changedGroup(disks, group, name, { options, operands });
  return options.has("test") ? output : committed(disks, group, name, output);
};

const changedGroup = (
  disks: FakeDisks,
  group: FakeGroup,
  name: string,
  { options, operands }: Parsed,
): Output => {
  const [groupName = "", volumeName = ""] = (operands[0] ?? "").split("/");
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
      return lvchange(disks, group, options, operands);
    case "lvcreate":
      return lvcreate(disks, group, options, extents);
    case "lvextend":
      if (volume === undefined) {
        return said("lvextend-not-found", { "no-such-volume": volumeName, fast: groupName });
      }
      if (
        volume.activation !== "inactive" &&
        group.volumes.some(({ origin }) => origin === volume.name)
      ) {
        return said("lvextend-origin");
      }
      if (extents === volume.extents) return said("lvextend-same-size", { "4": extents });
      if (extents < volume.extents) {
        return said("lvextend-smaller", { "1": extents, "127": volume.extents });
      }
      return lvextend(disks, group, volume, { options, extents, ranges: operands.slice(1) });
    case "lvremove":
      if (volume === undefined) {
        return said("lvremove-not-found", { "fast/no-such-volume": operands[0] ?? "" });
      }
      // lv_attr=~"^-": an origin, a snapshot or a pool is not selected, which is no failure.
      if (options.get("select")?.[0] === 'lv_attr=~"^-"' && isBuiltOn(group, volume)) {
        return succeeded("");
      }
      if (volume.use === "open") {
        return said("lvremove-open", { "fast/pvc-1": operands[0] ?? "" });
      }
      // What is built on it goes along.
      for (const lv of [volume, ...group.volumes.filter(({ origin }) => origin === volumeName)]) {
        group.volumes.splice(group.volumes.indexOf(lv), 1);
      }
      return succeeded(`  Logical volume "${volume.name}" successfully removed.`);
    default:
      throw new Error(`the fake node knows no ${name}`);
  }
};

/** What LVM leaves out when it activates volumes it leaves out without a word. */
const lvchange = (
  disks: FakeDisks,
  group: FakeGroup,
  options: ReadonlyMap<string, string[]>,
  operands: readonly string[],
): Output => {
  const off = options.get("deltag") ?? [];
  const on = options.get("addtag") ?? [];
  for (const operand of operands) {
    const name = operand.split("/")[1] ?? "";
    const lv = group.volumes.find((other) => other.name === name);
    if (lv === undefined) return said("lvchange-not-found", { "no-such-volume": name });
    lv.tags = [...lv.tags.filter((tag) => !off.includes(tag) && !on.includes(tag)), ...on];
    const isLeftOut = lv.activationFlag === "skipped" || disks.volumeList === "none";
    if (options.has("refresh") || (options.has("activate") && !isLeftOut)) lv.activation = "active";
  }
  return succeeded(off.length + on.length === 0 ? "" : `  Logical volume ${operands[0]} changed.`);
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
  if (more > room) return said("lvextend-no-room", { "9996": more, "504": room });
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
  const away = disks.devices.find(
    ({ group: of, presence }) => of === group.uuid && presence === "missing",
  );
  if (away !== undefined) {
    return said("lvcreate-device-missing", {
      "1rPW22-0UDY-ySfu-HqGl-gYD6-xGfJ-u2LeDE": away.uuid,
      "/dev/ubdc": away.path,
      fast: group.name,
    });
  }
  if (group.volumes.some((volume) => volume.name === name)) {
    return said("lvcreate-again", { "pvc-1": name, fast: group.name });
  }
  const room = disks.roomOn(disks.allocatable(group));
  if (extents > disks.freeExtents(group)) {
    return said("lvcreate-no-room", { fast: group.name, "504": room, "10000": extents });
  }
  if (extents > room) return said("lvcreate-only-held-left", { "1": extents, "0": room });
  if (disks.volumeList === "none") {
    return said("lvcreate-volume-list", { "pvc-2": name, fast: group.name });
  }
  const volume = disks.addVolume(group, name, 0, options.get("addtag") ?? []);
  volume.content = "stale";
  disks.allocate(volume, extents, disks.allocatable(group));
  return succeeded("");
};
