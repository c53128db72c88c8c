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
  readonly type?: "disk" | "part" | "mpath" | "loop" | "lvm";
  /** Of a partition: the path of its disk. */
  readonly disk?: string;
  readonly sectorSize?: number;
  readonly vendor?: string;
  readonly removable?: boolean;
  /** Where it hangs in the kernel's tree. */
  readonly place?: string;
  /** Programs that have it open without O_EXCL, by process. */
  openers?: Map<number, string>;
  /** A loop device over it, and the path that it was set up with. */
  loop?: { readonly name: string; readonly file: string };
  /** A mount in a mount namespace that is not the host's: it holds the device exclusively. */
  mountElsewhere?: string;
  /** Whether its first and last MiB are all zero, where no signature is on it. */
  ends?: "zero" | "data";
  /** Of a partition: wipefs passes over what is on it, and ends well. */
  nested?: boolean;
  /** Hidden: the host's filter keeps it from LVM commands that are not confined. */
  readonly filter?: "hidden";
  /** Of a partition: the table that it is in, as udev tells it. */
  readonly partitionTable?: string;
  mountPoint?: string;
  access?: "read_write" | "read_only";
  presence?: "present" | "missing";
  allocation?: "allocatable" | "held";
  /** The group's UUID. */
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
  /** The loop device that keeps it open, where that is not a mount. */
  loop?: string;
  /** Whether the node below /dev is there while the volume is active. */
  link: "present" | "absent";
  /** Stale: new, with what the last tenant of its extents left. */
  content: "stale" | "clean" | "formatted" | "data";
};

export type FakeGroup = {
  readonly name: string;
  /** The name, too, where there is no other group of the name. */
  readonly uuid: string;
  systemId?: string;
  lockType?: string;
  readonly tags: string[];
  readonly volumes: FakeVolume[];
  state?: "usable" | "exported";
  metadataFree?: number;
  /** A pvmove that was cut off: from which device. */
  halfwayFrom?: string;
};

export const extentSize = 4 * 1024 ** 2;
export const labelSize = 5 * 1024 ** 2;

/** The devices, groups and volumes of a node, and on which device each extent lies. */
export class FakeDisks {
  readonly devices: FakeDevice[] = [];
  readonly groups: FakeGroup[] = [];

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

  addGroup(
    name: string,
    devices: readonly FakeDevice[],
    tags: readonly string[] = [],
    uuid: string = name,
  ): FakeGroup {
    const group: FakeGroup = { name, uuid, tags: [...tags], volumes: [] };
    this.groups.push(group);
    for (const device of devices) {
      device.group = uuid;
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
    this.allocate(volume, extents, this.devicesOf(group));
    return volume;
  }

  group(uuid: string): FakeGroup | undefined {
    return this.groups.find((group) => group.uuid === uuid);
  }

  /** The group that a command confined to `paths` finds under a name. */
  groupOn(paths: readonly string[], name: string): FakeGroup | undefined {
    const found = new Set(paths.map((path) => this.present(path)?.group));
    return this.groups.find((group) => group.name === name && found.has(group.uuid));
  }

  freeExtents(group: FakeGroup): number {
    const all = this.devicesOf(group).reduce((total, device) => total + extentsOn(device), 0);
    return all - group.volumes.reduce((total, volume) => total + volume.extents, 0);
  }

  /** Who holds it exclusively, or one of its partitions. */
  isHeld(device: FakeDevice): boolean {
    const below = this.devices.filter(({ disk }) => disk === device.path);
    return [device, ...below].some(
      ({ mountPoint, mountElsewhere }) => mountPoint !== undefined || mountElsewhere !== undefined,
    );
  }

  devicesOf({ uuid }: FakeGroup): FakeDevice[] {
    return this.devices.filter((device) => device.group === uuid);
  }

  /** Those on which LVM allocates by itself. */
  allocatable(group: FakeGroup): FakeDevice[] {
    return this.devicesOf(group).filter(({ allocation }) => allocation !== "held");
  }

  allocatedOn({ uuid, group }: FakeDevice): number {
    const volumes = this.group(group ?? "")?.volumes ?? [];
    return volumes.reduce((total, { places }) => total + (places.get(uuid) ?? 0), 0);
  }

  roomOn(devices: readonly FakeDevice[]): number {
    return devices.reduce(
      (total, device) => total + extentsOn(device) - this.allocatedOn(device),
      0,
    );
  }

  /** From the devices in their order; the caller has seen that there is room. */
  allocate(volume: FakeVolume, extents: number, devices: readonly FakeDevice[]): void {
    let left = extents;
    for (const device of devices) {
      const here = Math.min(left, this.roomOn([device]));
      if (here > 0) volume.places.set(device.uuid, (volume.places.get(device.uuid) ?? 0) + here);
      left -= Math.max(0, here);
    }
    if (left > 0) throw new Error(`no room for ${left} extents of ${volume.name}`);
    volume.extents += extents;
  }

  present(path: string): FakeDevice | undefined {
    return this.devices.find(
      (device) =>
        (device.path === path || device.links.includes(path)) && device.presence !== "missing",
    );
  }

  volumeAt(path: string): FakeVolume | undefined {
    const [, , groupName, name] = path.split("/");
    const called = this.groups
      .filter((group) => group.name === groupName)
      .flatMap(({ volumes }) => volumes.filter((lv) => lv.name === name));
    return called.find(({ activation }) => activation !== "inactive") ?? called[0];
  }
}

export const extentsOn = (device: FakeDevice): number =>
  Math.max(0, Math.floor((device.knownSize - labelSize) / extentSize));
