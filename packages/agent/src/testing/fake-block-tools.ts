import type { Output } from "@stowage/lvm";
import { saidOf } from "@stowage/lvm/testing";
import type { Parsed } from "./fake-command-line.ts";
import { failed, succeeded } from "./fake-command-line.ts";
import type { FakeDevice, FakeDisks, FakeVolume } from "./fake-disks.ts";
import { extentSize } from "./fake-disks.ts";

/* stat, lsblk, blkdiscard and mkfs of a fake node, in their own words. */

/** A recording of testdata/words, told of another path. */
const said = (name: string, instead: Readonly<Record<string, string>>): Output =>
  saidOf(`words/2.38.1-${name}`, instead);

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
      volume.link !== "absent"
    ) {
      const minor = volume.link === "astray" ? 255 : volume.minor;
      lines.push(`${path}|block special file|fe:${minor.toString(16)}`);
    } else missing += `stat: cannot statx '${path}': No such file or directory\n`;
  }
  return { ...succeeded(lines.join("\n")), exitCode: missing === "" ? 0 : 1, stderr: missing };
};

/** `lsblk --nodeps --pairs --output=NAME`: what the kernel calls the device that a path leads to. */
export const nameBehind = (disks: FakeDisks, [path = ""]: readonly string[]): Output => {
  const volume = disks.volumeAt(path);
  if (volume === undefined || volume.activation === "inactive" || volume.link === "absent") {
    return { ...failed(`lsblk: ${path}: not a block device`, 1), exitCode: 32 };
  }
  const [, , group = "", name = ""] = path.split("/");
  const mapped = [group, name].map((word) => word.replaceAll("-", "--")).join("-");
  return succeeded(`NAME="${volume.link === "astray" ? "another-one" : mapped}"`);
};

/** As the real one: without operands every device once, partitions below their disks; none of size 0. */
export const lsblk = (disks: FakeDisks, paths: readonly string[]): Output => {
  const asked =
    paths.length > 0
      ? paths
      : disks.devices.filter(({ disk }) => disk === undefined).map(({ path }) => path);
  const blockdevices = asked.flatMap((path) => {
    const volume = disks.volumeAt(path);
    if (volume !== undefined) return [lsblkOfVolume(path, volume)];
    const device = disks.present(path);
    return device === undefined || device.size === 0 ? [] : [lsblkOfDevice(disks, device)];
  });
  const exitCode = blockdevices.length === asked.length ? 0 : blockdevices.length === 0 ? 32 : 64;
  return {
    ...succeeded(JSON.stringify({ blockdevices })),
    exitCode: paths.length === 0 ? 0 : exitCode,
  };
};

const lsblkOfDevice = (disks: FakeDisks, device: FakeDevice): object => {
  const children = disks.devices.filter(({ disk }) => disk === device.path);
  return {
    name: device.path,
    kname: device.path,
    "maj:min": numberOf(device),
    type: device.type ?? "disk",
    size: device.size,
    ro: device.access === "read_only",
    rota: device.rotational === true,
    rm: device.removable === true,
    "log-sec": device.sectorSize ?? 512,
    tran: device.transport ?? "sata",
    vendor: device.vendor ?? null,
    model: device.model ?? null,
    serial: device.serial ?? null,
    wwn: null,
    mountpoint: device.mountPoint ?? null,
    pttype: device.partitionTable ?? null,
    ...(children.length === 0
      ? {}
      : { children: children.map((child) => lsblkOfDevice(disks, child)) }),
  };
};

const lsblkOfVolume = (path: string, volume: FakeVolume): object => {
  return {
    name: path,
    kname: path,
    "maj:min": `254:${volume.minor}`,
    type: "lvm",
    size: volume.extents * extentSize,
    ro: false,
    rota: false,
    rm: false,
    "log-sec": 512,
    mountpoint: volume.use === "open" && volume.loop === undefined ? "/mnt/it" : null,
    pttype: null,
  };
};

const numberOf = (device: FakeDevice): string => {
  return `98:${device.number}`;
};

export const wipe = (disks: FakeDisks, { options, operands: [path = ""] }: Parsed): Output => {
  const volume = disks.volumeAt(path);
  if (volume === undefined) {
    return said("blkdiscard-missing", { "/dev/fast/no-such-volume": path });
  }
  if (volume.use === "open") return said("blkdiscard-mounted", { "/dev/fast/pvc-1": path });
  const offset = Number(options.get("offset")?.[0]);
  const length = Number(options.get("length")?.[0]);
  const to = offset + length;
  if (options.has("zeroout")) {
    disks.writeThrough(volume, "zero", { from: offset / extentSize, to: to / extentSize });
  }
  if (volume.link === "astray") return succeeded("");
  if (offset <= volume.wiped) volume.wiped = Math.max(volume.wiped, to);
  const isZero = [...disks.readableOn(volume)].every((mark) => mark === "zero");
  if (isZero && volume.content === "stale") volume.content = "clean";
  return succeeded("");
};

export const mkfs = (disks: FakeDisks, path: string): Output => {
  const volume = disks.volumeAt(path);
  if (volume === undefined) return said("mkfs-missing", { "/dev/fast/no-such-volume": path });
  if (volume.use === "open") return said("mkfs-mounted", { "/dev/fast/pvc-1": path });
  disks.writeThrough(volume, "mkfs", { from: 0.5, to: 0.75 });
  if (volume.link !== "astray") volume.content = "formatted";
  return succeeded("");
};

/** cmp with zeros, at the first byte that is none. */
export const compare = (disks: FakeDisks, path: string): Output => {
  const device = disks.present(path);
  if (device === undefined) {
    return { ...failed(`cmp: ${path}: No such file or directory`, 1), exitCode: 2 };
  }
  return device.ends === "data"
    ? { ...succeeded(`${path} /dev/zero differ: char 4097, line 1`), exitCode: 1 }
    : succeeded("");
};

/** `find /proc ... -exec stat`: what each process has open. */
export const openers = (disks: FakeDisks): Output =>
  succeeded(
    disks.devices
      .flatMap(({ number, openers: programs }) =>
        [...(programs ?? [])].map(
          ([id]) => `/proc/${id}/fd/3|block special file|62:${number.toString(16)}`,
        ),
      )
      .join("\n"),
  );

export const programs = (disks: FakeDisks, paths: readonly string[]): Output =>
  succeeded(
    disks.devices
      .flatMap((device) => [...(device.openers ?? [])])
      .filter(([id]) => paths.includes(`/proc/${id}/exe`))
      .map(([id, program]) => `/proc/${id}/exe|${program}`)
      .join("\n"),
  );

/** The mount namespace of process 77 has what the host's has not. */
export const mounts = (disks: FakeDisks): Output =>
  succeeded(
    disks.devices
      .flatMap((device) =>
        device.mountElsewhere === undefined
          ? []
          : `/proc/77/mountinfo:36 35 ${numberOf(device)} / ${device.mountElsewhere} rw - ext4 ${device.path} rw`,
      )
      .join("\n"),
  );

export const losetup = (disks: FakeDisks): Output =>
  succeeded(
    JSON.stringify({
      loopdevices: [
        ...disks.devices.flatMap(({ loop, number }) =>
          loop === undefined ? [] : [loopOf(loop.name, loop.file, number)],
        ),
        ...disks.groups.flatMap(({ name, volumes }) =>
          volumes.flatMap((volume) =>
            volume.loop === undefined
              ? []
              : [loopOf(volume.loop, `/dev/${name}/${volume.name}`, 900)],
          ),
        ),
      ],
    }),
  );

const loopOf = (name: string, file: string, inode: number): object => ({
  name,
  "back-file": file,
  "back-ino": inode,
  "back-maj:min": "       0:7  ",
});

/** Of devtmpfs, "0:7", as losetup has it. */
export const statFiles = (disks: FakeDisks, paths: readonly string[]): Output =>
  succeeded(
    paths
      .flatMap((path) => {
        const device = disks.present(path);
        if (disks.volumeAt(path) !== undefined) return `${path}|block special file|fe:0|7|900`;
        if (device === undefined) return [];
        const { number } = device;
        return `${path}|block special file|62:${number.toString(16)}|7|${number}`;
      })
      .join("\n"),
  );

export const places = (disks: FakeDisks): Output =>
  succeeded(
    disks.devices
      .map(({ path, place }) => `${path}|${place ?? "../../devices/pci0000:00/0000:00:04.0/block"}`)
      .join("\n"),
  );
