import { kernelNameOf, kernelNameOfVolume, mappedPath } from "./kernel/fake-names.ts";
import type { Place } from "./ground.ts";
import { Ground, headOf } from "./ground.ts";

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
  readonly wwn?: string;
  /** Null: the kernel does not say. */
  readonly transport?: string | null;
  readonly type?: "disk" | "part" | "mpath" | "crypt" | "raid1" | "loop" | "lvm";
  /** Of a partition: the path of its disk. */
  readonly disk?: string;
  /** Of a map or an array: the paths of what it is built on. */
  readonly over?: readonly string[];
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
  /** The path of the disk whose bytes it bears. Where LVM is shown both, it chooses this one. */
  readonly copyOf?: string;
  mountPoint?: string;
  access?: "read_write" | "read_only";
  presence?: "present" | "missing";
  allocation?: "allocatable" | "held" | undefined;
  /** The group's UUID. */
  group?: string | undefined;
};

export type FakeVolume = {
  readonly name: string;
  extents: number;
  /** Where its extents lie, in their order. */
  places: readonly Place[];
  /** How much of it was wiped, from its beginning. */
  wiped: number;
  tags: readonly string[];
  activation: "active" | "suspended" | "inactive";
  use: "open" | "closed";
  /** Where it is mounted while it is open and nothing else keeps it so. */
  mountPoint?: string;
  /** The loop device that keeps it open, where that is not a mount. */
  loop?: string;
  /** Programs that keep it open, where that is not a mount. */
  openers?: Map<number, string>;
  /** Whether LVM leaves it out when it activates volumes. */
  activationFlag?: "skipped";
  /** Whether the node below /dev is there while the volume is active. Astray: it leads elsewhere. */
  link: "present" | "absent" | "astray";
  /** Of its signatures. Stale: new, with what the last tenant of its extents left. */
  content: "stale" | "clean" | "formatted" | "data";
  /** The kernel's number of its device while it is active. */
  readonly minor: number;
  /** What an admin made of it, as `lvs -o lv_layout,origin,pool_lv` tell it. */
  layout?: string;
  origin?: string;
  pool?: string;
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
  /** What lvm.conf's volume_list keeps LVM from activating. */
  volumeList: "all" | "none" = "all";
  readonly ground: Ground;
  /** With which the UUIDs of this host's groups begin, where several hosts see one disk. */
  readonly brand: string;
  #minors = 0;

  constructor({ ground = new Ground(), brand = "" }: Partial<Pick<FakeDisks, "ground" | "brand">>) {
    this.ground = ground;
    this.brand = brand;
  }

  addDevice(path: string, mebibytes: number, more: Partial<FakeDevice> = {}): FakeDevice {
    const size = mebibytes * 1024 ** 2;
    const device: FakeDevice = {
      path,
      number: this.devices.length,
      uuid: `uuid-${this.brand}${path}`,
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

  /** The kernel reads the partition table anew, and there is none. */
  forgetPartitions({ path }: FakeDevice): void {
    this.devices.splice(
      0,
      this.devices.length,
      ...this.devices.filter(({ disk }) => disk !== path),
    );
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
      places: [],
      minor: this.#minors++,
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

  devicesOf({ uuid }: FakeGroup): FakeDevice[] {
    return this.devices.filter((device) => device.group === uuid);
  }

  /** Those on which LVM allocates by itself. */
  allocatable(group: FakeGroup): FakeDevice[] {
    return this.devicesOf(group).filter(({ allocation }) => allocation !== "held");
  }

  allocatedOn({ uuid, group }: FakeDevice): number {
    const volumes = this.group(group ?? "")?.volumes ?? [];
    return volumes.flatMap(({ places }) => places).filter(({ device }) => device === uuid).length;
  }

  roomOn(devices: readonly FakeDevice[]): number {
    return devices.reduce(
      (total, device) => total + extentsOn(device) - this.allocatedOn(device),
      0,
    );
  }

  /** From the devices in their order; the caller has seen that there is room. */
  allocate(volume: FakeVolume, extents: number, devices: readonly FakeDevice[]): void {
    const places = this.#freePlaces(devices).slice(0, extents);
    if (places.length < extents)
      throw new Error(`no room for ${extents} extents of ${volume.name}`);
    this.give(volume, places);
  }

  give(volume: FakeVolume, places: readonly Place[]): void {
    volume.places = [...volume.places, ...places];
    volume.extents += places.length;
  }

  #freePlaces(devices: readonly FakeDevice[]): Place[] {
    const taken = this.#taken();
    return devices
      .flatMap((device) =>
        Array.from({ length: extentsOn(device) }, (_, extent) => ({ device: device.uuid, extent })),
      )
      .filter((place) => !taken.has(nameOf(place)));
  }

  #taken(): Set<string> {
    return new Set(
      this.groups.flatMap(({ volumes }) => volumes.flatMap(({ places }) => places.map(nameOf))),
    );
  }

  isFree(place: Place): boolean {
    return !this.#taken().has(nameOf(place));
  }

  /** Whose bytes somebody who has the volume can read: "zero", or the marks of those who wrote them. */
  readableOn({ places }: FakeVolume): ReadonlySet<string> {
    return new Set(places.map((place) => this.ground.lyingOn(place)));
  }

  /** Every byte of these extents of the volume, by their order, is now of `mark`. */
  overwrite({ places }: FakeVolume, mark: string, from = 0, to = places.length): void {
    for (const place of places.slice(from, to)) this.ground.write(place, mark);
  }

  /**
   * A tool writes to the path of a volume: to whole extents, by their order, and to a few bytes of
   * those beside them. What is built on the volume is lost by that, since a snapshot has no room for it.
   */
  writeThrough(volume: FakeVolume, mark: string, part: Partial<Part> = {}): void {
    const { from = 0, to = volume.extents } = part;
    const places = volume.link === "astray" ? elsewhere : volume.places;
    for (const [index, place] of places.entries()) {
      if (index >= Math.ceil(from) && index < Math.floor(to)) this.ground.write(place, mark);
      else if (index >= Math.floor(from) && index < to) this.ground.touch(place, mark);
    }
    if (volume.link === "astray") return;
    for (const { volumes } of this.groups.filter((group) => group.volumes.includes(volume))) {
      for (const lost of volumes.filter(({ origin }) => origin === volume.name)) {
        this.overwrite(lost, `lost by ${mark}`);
      }
    }
  }

  /** A table or a label of the device is written, or LVM's metadata. */
  writeHead({ uuid }: FakeDevice, mark: string): void {
    this.ground.write(headOf(uuid), mark);
  }

  /** Every byte of the device, by the place of it. */
  placesOn(device: FakeDevice): Place[] {
    const { uuid } = device;
    return [
      headOf(uuid),
      ...Array.from({ length: extentsOn(device) }, (_, extent) => ({ device: uuid, extent })),
    ];
  }

  /** As pvmove does: a copy is made, and what it was made of stays where it was. */
  move(volume: FakeVolume, from: FakeDevice, to: readonly FakeDevice[]): void {
    const free = this.#freePlaces(to);
    volume.places = volume.places.map((place) => {
      const target = place.device === from.uuid ? free.shift() : place;
      if (target === undefined) throw new Error(`no room to move ${volume.name} to`);
      if (target !== place) this.ground.move(place, target);
      return target;
    });
  }

  present(path: string): FakeDevice | undefined {
    const there = this.devices.filter(({ presence }) => presence !== "missing");
    return (
      there.find((device) => device.path === path || device.links.includes(path)) ??
      there.find((device) => kernelNameOf(device) === path)
    );
  }

  /** By the path that LVM gives it, or by what the kernel and device-mapper call it while it is active. */
  volumeAt(path: string): FakeVolume | undefined {
    const [, , groupName, name] = path.split("/");
    const isOther = groupName === "mapper" || path.startsWith("/dev/dm-");
    const called = this.groups.flatMap(({ name: group, volumes }) =>
      isOther
        ? volumes.filter(
            (volume) =>
              volume.activation !== "inactive" &&
              [kernelNameOfVolume(volume), mappedPath(group, volume.name)].includes(path),
          )
        : group === groupName
          ? volumes.filter((volume) => volume.name === name)
          : [],
    );
    return called.find(({ activation }) => activation !== "inactive") ?? called[0];
  }
}

/** Where the nodes below /dev lead that lead astray: to one device, which is somebody else's. */
export const elsewhere: readonly Place[] = Array.from({ length: 64 }, (_, extent) => ({
  device: "elsewhere",
  extent,
}));

/** Extents of a volume by their order, and parts of extents. */
type Part = { readonly from: number; readonly to: number };

const nameOf = ({ device, extent }: Place): string => `${device} ${extent}`;

export const extentsOn = (device: FakeDevice): number =>
  Math.max(0, Math.floor((device.knownSize - labelSize) / extentSize));
