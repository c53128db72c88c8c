import type { Clock, Milliseconds } from "@stowage/clock";
import { milliseconds } from "@stowage/clock";
import type { Command, LvmRunner, Output } from "@stowage/lvm";

export type FakeDevice = {
  path: string;
  readonly number: number;
  /** Known by it whatever its path is. */
  readonly uuid: string;
  size: number;
  /** What LVM was last told of its size. */
  knownSize: number;
  readonly signatures: string[];
  readonly tags: string[];
  /** Other names below /dev/disk. */
  readonly links: readonly string[];
  readonly serial?: string;
  readonly model?: string;
  readonly rotational?: boolean;
  readonly transport?: string;
  readonly type?: "disk" | "part";
  /** Of a partition: the table that it is in, as udev tells it. */
  readonly partitionTable?: string;
  mountPoint?: string;
  access?: "read_write" | "read_only";
  presence?: "present" | "missing";
  allocation?: "allocatable" | "held";
  group?: string;
};

export type FakeVolume = {
  readonly name: string;
  extents: number;
  /** How many of its extents lie on which device, by the device's UUID. */
  readonly places: Map<string, number>;
  /** How much of it was wiped, from its beginning. */
  wiped: number;
  tags: readonly string[];
  activation: "active" | "suspended" | "inactive";
  use: "open" | "closed";
  /** Whether the node below /dev is there while the volume is active. */
  link: "present" | "absent";
  /** Stale: new, with what the last tenant of its extents left. */
  content: "stale" | "clean" | "formatted" | "data";
};

export type FakeGroup = {
  readonly name: string;
  readonly tags: string[];
  readonly volumes: FakeVolume[];
  state?: "usable" | "exported";
  metadataFree?: number;
};

const extentSize = 4 * 1024 ** 2;
const labelSize = 5 * 1024 ** 2;

type Parsed = { readonly options: ReadonlyMap<string, string[]>; readonly operands: string[] };

/**
 * A node with devices and LVM, kept in memory, that answers the commands which the agent runs as
 * the real tools do, in their own words.
 */
export class FakeNode {
  readonly devices: FakeDevice[] = [];
  readonly groups: FakeGroup[] = [];
  /** Every command that ran, by name. */
  readonly ran: string[] = [];
  /** Asked before each command: its stderr to make it fail, or an error to throw. */
  trouble: (command: Command) => string | Error | undefined = () => undefined;
  /** How long a command takes. */
  duration: (command: Command) => Milliseconds = () => milliseconds(1);
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get writes(): string[] {
    return this.ran.filter((name) => /^(lv|vg|pv|blkdiscard)/.test(name));
  }

  addDevice(path: string, mebibytes: number, more: Partial<FakeDevice> = {}): FakeDevice {
    const size = mebibytes * 1024 ** 2;
    const device: FakeDevice = {
      path,
      number: this.devices.length,
      uuid: `uuid-${path}`,
      size,
      knownSize: size,
      signatures: [],
      tags: [],
      links: [],
      ...more,
    };
    this.devices.push(device);
    return device;
  }

  addGroup(name: string, devices: readonly FakeDevice[], tags: readonly string[] = []): FakeGroup {
    const group: FakeGroup = { name, tags: [...tags], volumes: [] };
    this.groups.push(group);
    for (const device of devices) {
      device.group = name;
      device.signatures.push("LVM2_member");
    }
    return group;
  }

  addVolume(group: FakeGroup, name: string, extents: number, tags: readonly string[]): FakeVolume {
    const volume: FakeVolume = {
      name,
      extents: 0,
      places: new Map(),
      wiped: 0,
      tags,
      activation: "active",
      use: "closed",
      link: "present",
      content: "data",
    };
    group.volumes.push(volume);
    this.#allocate(volume, extents, this.#devicesOf(group));
    return volume;
  }

  group(name: string): FakeGroup | undefined {
    return this.groups.find((group) => group.name === name);
  }

  freeExtents(group: FakeGroup): number {
    const all = this.#devicesOf(group).reduce((total, device) => total + extentsOn(device), 0);
    return all - group.volumes.reduce((total, volume) => total + volume.extents, 0);
  }

  #devicesOf({ name }: FakeGroup): FakeDevice[] {
    return this.devices.filter((device) => device.group === name);
  }

  /** Those on which LVM allocates by itself. */
  #allocatable(group: FakeGroup): FakeDevice[] {
    return this.#devicesOf(group).filter(({ allocation }) => allocation !== "held");
  }

  #allocatedOn({ uuid, group }: FakeDevice): number {
    const volumes = this.group(group ?? "")?.volumes ?? [];
    return volumes.reduce((total, { places }) => total + (places.get(uuid) ?? 0), 0);
  }

  #roomOn(devices: readonly FakeDevice[]): number {
    return devices.reduce(
      (total, device) => total + extentsOn(device) - this.#allocatedOn(device),
      0,
    );
  }

  /** From the devices in their order; the caller has seen that there is room. */
  #allocate(volume: FakeVolume, extents: number, devices: readonly FakeDevice[]): void {
    let left = extents;
    for (const device of devices) {
      const here = Math.min(left, this.#roomOn([device]));
      if (here > 0) volume.places.set(device.uuid, (volume.places.get(device.uuid) ?? 0) + here);
      left -= Math.max(0, here);
    }
    if (left > 0) throw new Error(`no room for ${left} extents of ${volume.name}`);
    volume.extents += extents;
  }

  readonly run: LvmRunner = async (command) => {
    this.ran.push(command.name);
    await this.#clock.sleep(this.duration(command));
    const trouble = this.trouble(command);
    if (trouble instanceof Error) throw trouble;
    if (trouble !== undefined) return failed(trouble);
    const parsed = parse(command.args);
    switch (command.name) {
      case "stat":
        return this.#stat(parsed.operands);
      case "lsblk":
        return this.#lsblk(parsed.operands);
      case "wipefs --no-act":
        return this.#listSignatures(parsed.operands);
      case "wipefs --all --no-act":
        return this.#checkUnused(parsed.operands);
      case "wipefs":
        return this.#eraseSignatures(parsed.operands);
      case "mkfs.ext4":
      case "mkfs.xfs":
      case "mkfs.btrfs":
        return this.#mkfs(command.args.at(-1) ?? "");
      case "find":
        return succeeded(
          this.devices
            .flatMap(({ path, links }) => links.map((link) => `${link}|${path}`))
            .join("\n"),
        );
      case "blkdiscard":
        return this.#wipe(parsed);
      case "sync":
        return succeeded("");
      case "pvchange":
      case "pvmove":
      case "pvresize":
      case "pvremove":
        return this.#changeDevice(command.name, parsed);
      case "fullreport":
        return this.#fullreport(parsed);
      case "vgreduce":
        return this.#vgreduce(parsed);
      case "vgcreate":
      case "vgextend":
        return this.#addToGroup(command.name, parsed);
      default:
        return this.#change(command.name, parsed);
    }
  };

  #present(path: string): FakeDevice | undefined {
    return this.devices.find(
      (device) =>
        (device.path === path || device.links.includes(path)) && device.presence !== "missing",
    );
  }

  #stat(paths: readonly string[]): Output {
    const lines: string[] = [];
    let missing = "";
    for (const path of paths) {
      const device = this.#present(path);
      const volume = this.#volumeAt(path);
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
  }

  #lsblk(paths: readonly string[]): Output {
    const asked = paths.length > 0 ? paths : this.devices.map(({ path }) => path);
    const blockdevices = asked.flatMap((path) => {
      const volume = this.#volumeAt(path);
      if (volume !== undefined) return [this.#lsblkVolume(path, volume)];
      const device = this.#present(path);
      if (device === undefined) return [];
      return [
        {
          kname: device.path,
          "maj:min": this.#number(device),
          type: device.type ?? "disk",
          size: device.size,
          ro: device.access === "read_only",
          rota: device.rotational === true,
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
  }

  #lsblkVolume(path: string, volume: FakeVolume): object {
    return {
      kname: path,
      "maj:min": "254:0",
      type: "lvm",
      size: volume.extents * extentSize,
      ro: false,
      rota: false,
      mountpoint: volume.use === "open" ? "/mnt/it" : null,
      pttype: null,
    };
  }

  #wipe({ options, operands: [path = ""] }: Parsed): Output {
    const volume = this.#volumeAt(path);
    if (volume === undefined) return failed(`blkdiscard: cannot open ${path}: No such file`);
    if (volume.use === "open") {
      return failed(`blkdiscard: cannot open ${path}: Device or resource busy`);
    }
    const offset = Number(options.get("offset")?.[0]);
    const length = Number(options.get("length")?.[0]);
    if (offset <= volume.wiped) volume.wiped = Math.max(volume.wiped, offset + length);
    return succeeded("");
  }

  #checkUnused([path = ""]: readonly string[]): Output {
    const device = this.#present(path);
    if (device?.mountPoint !== undefined) {
      return failed(
        `wipefs: error: ${path}: probing initialization failed: Device or resource busy`,
      );
    }
    const found = device?.signatures ?? [];
    return succeeded(found.map((type) => `${path}: 2 bytes were erased (${type})`).join("\n"));
  }

  #changeDevice(name: string, { options, operands: [path = ""] }: Parsed): Output {
    const device = this.#present(path);
    const group = this.group(device?.group ?? "");
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
        const others = this.#allocatable(group).filter((other) => other !== device);
        if (this.#allocatedOn(device) === 0) return failed(`  No data to move for ${group.name}.`);
        if (this.#allocatedOn(device) > this.#roomOn(others)) return noSpace(group);
        for (const volume of group.volumes) {
          const moved = volume.places.get(device.uuid) ?? 0;
          volume.places.delete(device.uuid);
          volume.extents -= moved;
          this.#allocate(volume, moved, others);
        }
        return succeeded("");
      }
    }
  }

  #vgreduce({ operands: [groupName = "", path = ""] }: Parsed): Output {
    const device = this.#present(path);
    const group = this.group(groupName);
    if (device === undefined || group === undefined || device.group !== groupName) {
      return failed(`  Volume group "${groupName}" not found`);
    }
    if (this.#allocatedOn(device) > 0) return failed(`  Physical volume "${path}" still in use`);
    delete device.group;
    delete device.allocation;
    device.tags.splice(0);
    return succeeded("");
  }

  #volumeAt(path: string): FakeVolume | undefined {
    const [, , groupName, name] = path.split("/");
    return this.group(groupName ?? "")?.volumes.find((lv) => lv.name === name);
  }

  #eraseSignatures([path = ""]: readonly string[]): Output {
    const device = this.#present(path);
    if (device !== undefined) {
      device.signatures.splice(0);
      return succeeded("");
    }
    const volume = this.#volumeAt(path);
    if (volume === undefined) return failed(`wipefs: error: ${path}: No such file or directory`);
    if (volume.use === "open") return failed(`wipefs: error: ${path}: Device or resource busy`);
    volume.content = "clean";
    return succeeded("");
  }

  #mkfs(path: string): Output {
    const volume = this.#volumeAt(path);
    if (volume === undefined) return failed(`The file ${path} does not exist`);
    if (volume.use === "open")
      return failed(`${path} is mounted; will not make a filesystem here!`);
    volume.content = "formatted";
    return succeeded("");
  }

  #listSignatures([path]: readonly string[]): Output {
    const device = this.#present(path ?? "");
    const signatures = (device?.signatures ?? []).map((type) => ({
      type,
      uuid: type === "LVM2_member" ? device?.uuid : null,
    }));
    return succeeded(JSON.stringify({ signatures }));
  }

  #number(device: FakeDevice): string {
    return `98:${device.number}`;
  }

  #fullreport({ options }: Parsed): Output {
    const confined = options
      .get("devices")?.[0]
      ?.split(",")
      .map((path) => this.#present(path)?.path);
    const visible = (device: FakeDevice): boolean =>
      device.presence !== "missing" && (confined?.includes(device.path) ?? true);
    const report = this.groups
      .filter(({ name }) => this.devices.some((d) => d.group === name && visible(d)))
      .map((group) => this.#reportGroup(group, visible));
    const lone = this.devices.filter(
      (device) =>
        device.group === undefined && device.signatures.includes("LVM2_member") && visible(device),
    );
    const rows = lone.map((device) => this.#reportDevice(device, 0));
    return succeeded(JSON.stringify({ report: [...report, { pv: rows }] }));
  }

  #reportDevice(
    device: FakeDevice,
    allocated: number,
    presence: "present" | "missing" = "present",
  ): object {
    const there = presence === "present";
    const attribute = device.group === undefined ? "-" : device.allocation === "held" ? "u" : "a";
    return {
      pv_name: there ? device.path : "[unknown]",
      pv_uuid: device.uuid,
      pv_size: `${extentsOn(device) * extentSize}`,
      dev_size: there ? `${device.size}` : "0",
      pv_major: there ? "98" : "0",
      pv_minor: there ? `${device.number}` : "0",
      pv_attr: `${attribute}--`,
      pv_missing: there ? "" : "missing",
      pv_pe_count: `${extentsOn(device)}`,
      pv_pe_alloc_count: `${allocated}`,
      pe_start: `${labelSize}`,
      pv_tags: device.tags.join(","),
    };
  }

  #reportGroup(group: FakeGroup, visible: (device: FakeDevice) => boolean): object {
    const devices = this.devices.filter((device) => device.group === group.name);
    const extents = devices.reduce((total, device) => total + extentsOn(device), 0);
    const missing = devices.filter((device) => !visible(device)).length;
    return {
      vg: [
        {
          vg_name: group.name,
          vg_uuid: `uuid-${group.name}`,
          vg_size: `${extents * extentSize}`,
          vg_extent_size: `${extentSize}`,
          vg_extent_count: `${extents}`,
          vg_free_count: `${this.freeExtents(group)}`,
          vg_attr: `wz${group.state === "exported" ? "x" : "-"}${missing > 0 ? "p" : "-"}n-`,
          vg_missing_pv_count: `${missing}`,
          vg_tags: group.tags.join(","),
          vg_mda_free: `${group.metadataFree ?? 1024 ** 2}`,
        },
      ],
      pv: devices.map((device) =>
        this.#reportDevice(
          device,
          this.#allocatedOn(device),
          visible(device) ? "present" : "missing",
        ),
      ),
      lv: group.volumes.map((volume) => ({
        lv_name: volume.name,
        lv_uuid: `uuid-${volume.name}`,
        lv_size: `${volume.extents * extentSize}`,
        lv_attr: volume.activation === "suspended" ? "-wi-s-----" : "-wi-a-----",
        lv_tags: volume.tags.join(","),
        lv_layout: "linear",
        lv_active: volume.activation === "inactive" ? "" : "active",
        copy_percent: "",
        move_pv: "",
        lv_device_open: volume.activation === "inactive" ? "unknown" : openWord[volume.use],
      })),
    };
  }

  #addToGroup(name: "vgcreate" | "vgextend", { options, operands }: Parsed): Output {
    const [groupName = "", ...paths] = operands;
    const existing = this.group(groupName);
    if (name === "vgcreate" && existing !== undefined) {
      return failed(`  A volume group called ${groupName} already exists.`);
    }
    if (name === "vgextend" && existing === undefined) {
      return failed(`  Volume group "${groupName}" not found`);
    }
    const devices = paths.map((path) => this.#present(path));
    for (const device of devices) {
      if (device === undefined) return failed("  No device found for /dev/x.");
      if (device.signatures.length > 0) {
        return failed("  1 existing signature left on the device.");
      }
    }
    const group = existing ?? this.addGroup(groupName, [], options.get("addtag") ?? []);
    for (const device of devices) {
      if (device === undefined) continue;
      device.group = group.name;
      device.signatures.push("LVM2_member");
    }
    return succeeded("");
  }

  #change(name: string, { options, operands }: Parsed): Output {
    const [groupName = "", volumeName = ""] = (operands[0] ?? "").split("/");
    const group = this.group(groupName);
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
          lv.tags = [...lv.tags, ...(options.get("addtag") ?? [])];
          if (options.has("activate") || options.has("refresh")) lv.activation = "active";
        }
        return succeeded("");
      case "lvcreate":
        return this.#lvcreate(group, options, extents);
      case "lvextend":
        if (volume === undefined) return failed("  Failed to find logical volume");
        if (extents <= volume.extents) return failed("  New size given not larger than existing");
        if (extents - volume.extents > this.#roomOn(this.#allocatable(group))) {
          return noSpace(group);
        }
        this.#allocate(volume, extents - volume.extents, this.#allocatable(group));
        return succeeded("");
      case "lvremove":
        if (volume === undefined) return failed("  Failed to find logical volume");
        if (volume.use === "open") return failed(`  Logical volume ${operands[0]} in use.`);
        group.volumes.splice(group.volumes.indexOf(volume), 1);
        return succeeded("");
      default:
        throw new Error(`the fake node knows no ${name}`);
    }
  }

  #lvcreate(group: FakeGroup, options: ReadonlyMap<string, string[]>, extents: number): Output {
    const name = options.get("name")?.[0] ?? "";
    if (group.volumes.some((volume) => volume.name === name)) {
      return failed(`  Logical Volume "${name}" already exists in volume group "${group.name}"`);
    }
    if (extents > this.#roomOn(this.#allocatable(group))) return noSpace(group);
    const volume = this.addVolume(group, name, 0, options.get("addtag") ?? []);
    volume.content = "stale";
    this.#allocate(volume, extents, this.#allocatable(group));
    return succeeded("");
  }
}

const openWord = { open: "open", closed: "" } as const;

const extentsOn = (device: FakeDevice): number =>
  Math.max(0, Math.floor((device.knownSize - labelSize) / extentSize));

const parse = (args: readonly string[]): Parsed => {
  const options = new Map<string, string[]>();
  const operands: string[] = [];
  const words = args.filter((word) => word !== "--");
  for (const word of words) {
    const match = /^--(?<name>[a-z-]+)(=(?<value>.*))?$/s.exec(word);
    const name = match?.groups?.["name"];
    if (name === undefined) operands.push(word);
    else options.set(name, [...(options.get(name) ?? []), match?.groups?.["value"] ?? ""]);
  }
  // lvm's own first word is the command.
  const isTool = /^(vg|lv|pv|fullreport)/.test(args[0] ?? "") && !(args[0] ?? "").includes("/");
  return { options, operands: isTool ? operands.slice(1) : operands };
};

const succeeded = (stdout: string): Output => ({
  exitCode: 0,
  stdout,
  stderr: "",
  duration: milliseconds(1),
});

const failed = (stderr: string): Output => ({
  exitCode: 5,
  stdout: "",
  stderr,
  duration: milliseconds(1),
});

const noSpace = (group: FakeGroup): Output =>
  failed(`  Volume group "${group.name}" has insufficient free space.`);
