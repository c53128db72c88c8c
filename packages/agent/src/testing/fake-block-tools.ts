import type { Output } from "@stowage/lvm";
import type { Parsed } from "./fake-command-line.ts";
import { failed, succeeded } from "./fake-command-line.ts";
import type { FakeDevice, FakeDisks, FakeVolume } from "./fake-disks.ts";
import { extentSize } from "./fake-disks.ts";

/* stat, lsblk, wipefs, blkdiscard and mkfs of a fake node, in their own words. */

export const stat = (disks: FakeDisks, paths: readonly string[]): Output => {
  const lines: string[] = [];
  let missing = "";
  for (const path of paths) {
    const device = disks.present(path);
    const volume = disks.volumeAt(path);
    if (device !== undefined) {
      lines.push(`${path}|block special file|62:${device.number.toString(16)}`);
    } else if (
      volume !== undefined &&
      volume.activation !== "inactive" &&
      volume.link === "present"
    ) {
      lines.push(`${path}|block special file|fe:0`);
    } else missing += `stat: cannot statx '${path}': No such file or directory\n`;
  }
  return { ...succeeded(lines.join("\n")), exitCode: missing === "" ? 0 : 1, stderr: missing };
};

export const lsblk = (disks: FakeDisks, paths: readonly string[]): Output => {
  const asked = paths.length > 0 ? paths : disks.devices.map(({ path }) => path);
  const blockdevices = asked.flatMap((path) => {
    const volume = disks.volumeAt(path);
    if (volume !== undefined) return [lsblkOfVolume(path, volume)];
    const device = disks.present(path);
    if (device === undefined) return [];
    return [
      {
        name: device.path,
        kname: device.path,
        "maj:min": numberOf(device),
        type: device.type ?? "disk",
        size: device.size,
        ro: device.access === "read_only",
        rota: device.rotational === true,
        rm: false,
        "log-sec": 512,
        tran: device.transport ?? null,
        model: device.model ?? null,
        serial: device.serial ?? null,
        wwn: null,
        mountpoint: device.mountPoint ?? null,
        pttype: device.partitionTable ?? null,
      },
    ];
  });
  return succeeded(JSON.stringify({ blockdevices }));
};

const lsblkOfVolume = (path: string, volume: FakeVolume): object => {
  return {
    name: path,
    kname: path,
    "maj:min": "254:0",
    type: "lvm",
    size: volume.extents * extentSize,
    ro: false,
    rota: false,
    rm: false,
    "log-sec": 512,
    mountpoint: volume.use === "open" ? "/mnt/it" : null,
    pttype: null,
  };
};

const numberOf = (device: FakeDevice): string => {
  return `98:${device.number}`;
};

export const wipe = (disks: FakeDisks, { options, operands: [path = ""] }: Parsed): Output => {
  const volume = disks.volumeAt(path);
  if (volume === undefined) return failed(`blkdiscard: cannot open ${path}: No such file`);
  if (volume.use === "open") {
    return failed(`blkdiscard: cannot open ${path}: Device or resource busy`);
  }
  const offset = Number(options.get("offset")?.[0]);
  const length = Number(options.get("length")?.[0]);
  if (offset <= volume.wiped) volume.wiped = Math.max(volume.wiped, offset + length);
  return succeeded("");
};

export const checkUnused = (disks: FakeDisks, [path = ""]: readonly string[]): Output => {
  const device = disks.present(path);
  if (device?.mountPoint !== undefined) {
    return failed(`wipefs: error: ${path}: probing initialization failed: Device or resource busy`);
  }
  const found = device?.signatures ?? [];
  return succeeded(found.map((type) => `${path}: 2 bytes were erased (${type})`).join("\n"));
};

export const eraseSignatures = (disks: FakeDisks, [path = ""]: readonly string[]): Output => {
  const device = disks.present(path);
  if (device !== undefined) {
    device.signatures.splice(0);
    return succeeded("");
  }
  const volume = disks.volumeAt(path);
  if (volume === undefined) return failed(`wipefs: error: ${path}: No such file or directory`);
  if (volume.use === "open") return failed(`wipefs: error: ${path}: Device or resource busy`);
  volume.content = "clean";
  return succeeded("");
};

export const mkfs = (disks: FakeDisks, path: string): Output => {
  const volume = disks.volumeAt(path);
  if (volume === undefined) return failed(`The file ${path} does not exist`);
  if (volume.use === "open") return failed(`${path} is mounted; will not make a filesystem here!`);
  volume.content = "formatted";
  return succeeded("");
};

export const listSignatures = (disks: FakeDisks, [path]: readonly string[]): Output => {
  const device = disks.present(path ?? "");
  const signatures = (device?.signatures ?? []).map((type) => ({
    type,
    uuid: type === "LVM2_member" ? device?.uuid : null,
  }));
  return succeeded(JSON.stringify({ signatures }));
};
