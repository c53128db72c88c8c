import { FakeNode } from "@stowage/agent/testing";
import { mib } from "@stowage/capacity";
import { milliseconds, systemClock } from "@stowage/clock";
import type {
  BlockDevice,
  Command,
  LogicalVolume,
  PhysicalVolume,
  VolumeGroup,
} from "@stowage/lvm";
import {
  listSignatures,
  LvmError,
  lsblk,
  parseBlockDevices,
  parseReport,
  parseSignatures,
  parseTargets,
  reportDevices,
  runChecked,
  statPaths,
} from "@stowage/lvm";
import type { Node } from "@stowage/test-cluster";
import { partitionTable } from "../partition-table.ts";

/** Two disks with nothing on them. */
export const disks = ["/dev/ubdb", "/dev/ubdc"] as const;

/** A node's LVM that the contract is tried on: the real one, or the simulator's model of it. */
export type LvmSide = {
  readonly run: (command: Command) => ReturnType<FakeNode["run"]>;
  /** Has a program hold a volume open, for itself as a mount does, until `release`. */
  readonly hold: (volumePath: string) => Promise<void>;
  readonly release: (volumePath: string) => Promise<void>;
  /** What an admin does by hand. */
  readonly admin: Admin;
};

type Admin = {
  readonly deactivate: (volumePath: string) => Promise<void>;
  readonly mount: (volumePath: string) => Promise<void>;
  readonly unmount: (volumePath: string) => Promise<void>;
  /** Two extents, for what changes on the origin. */
  readonly snapshot: (originPath: string, name: string) => Promise<void>;
  readonly remove: (volumePath: string) => Promise<void>;
  /** Whether LVM leaves the volume out when it activates volumes. */
  readonly setActivationSkip: (volumePath: string, skip: "y" | "n") => Promise<void>;
  /** Which volumes lvm.conf lets LVM activate. */
  readonly setVolumeList: (list: "all" | "none") => Promise<void>;
  /** A table with one partition of 64 MiB. */
  readonly partition: (disk: string) => Promise<void>;
};

const mountPoint = "/mnt/contract";

export const realNode = (node: Node): LvmSide => {
  const shell = async (script: string): Promise<void> => {
    await node.exec(["sh", "-c", script]);
  };
  return {
    run: async ({ file, args }) => ({
      ...(await node.tryExec([file, ...args])),
      duration: milliseconds(0),
    }),
    hold: (path) =>
      shell(
        `setsid perl -MFcntl -e 'sysopen(my $held, $ARGV[0], O_RDWR | O_EXCL) or die; sleep 1000' ${path} >/dev/null 2>&1 & echo $! >/run/holder; sleep 0.5`,
      ),
    release: () => shell("kill $(cat /run/holder); sleep 0.5"),
    admin: realAdmin(shell),
  };
};

const realAdmin = (shell: (script: string) => Promise<void>): Admin => {
  // A host's devices file or filter may hide the disks from a command that does not name them.
  const lvm = (command: string, rest: string): Promise<void> =>
    shell(`${command} --devices=${disks.join(" --devices=")} --yes ${rest}`);
  const settings = "/etc/lvm/lvmlocal.conf";
  return {
    deactivate: (path) => lvm("lvchange", `--activate n ${path}`),
    mount: (path) => shell(`mkdir -p ${mountPoint} && mount ${path} ${mountPoint}`),
    unmount: (path) => shell(`umount ${path}`),
    snapshot: (path, name) => lvm("lvcreate", `--snapshot --extents 2 --name ${name} ${path}`),
    remove: (path) => lvm("lvremove", path),
    setActivationSkip: (path, skip) => lvm("lvchange", `--setactivationskip ${skip} ${path}`),
    setVolumeList: (list) =>
      shell(
        list === "all"
          ? `mv -f ${settings}.kept ${settings} 2>/dev/null || rm ${settings}`
          : `cp ${settings} ${settings}.kept 2>/dev/null; echo 'activation { volume_list = ["another"] }' >${settings}`,
      ),
    partition: async (disk) => {
      const table = partitionTable([64]).toString("base64");
      await shell(
        `echo ${table} | base64 -d | dd of=${disk} conv=notrunc status=none && blockdev --rereadpt ${disk}; sleep 0.5`,
      );
    },
  };
};

/** In MiB, by the disks' paths: the model has disks as large as the real ones. */
export const sizesOf = async ({ run }: LvmSide): Promise<ReadonlyMap<string, number>> => {
  const found = parseBlockDevices(await runChecked(run, lsblk("contract", disks)));
  return new Map(found.map(({ kernelName, size }) => [kernelName, size / mib(1)]));
};

export const modelNode = (sizes: ReadonlyMap<string, number>): LvmSide => {
  const node = new FakeNode(systemClock);
  for (const disk of disks) node.addDevice(disk, sizes.get(disk) ?? 0);
  const volumeAt = (path: string) => {
    const [, , group = "", name = ""] = path.split("/");
    const volume = node.group(group)?.volumes.find((lv) => lv.name === name);
    if (volume === undefined) throw new Error(`there is no ${path}`);
    return volume;
  };
  const set = (path: string, change: Partial<ReturnType<typeof volumeAt>>): Promise<void> => {
    Object.assign(volumeAt(path), change);
    return Promise.resolve();
  };
  return {
    run: node.run,
    hold: (path) => set(path, { use: "open" }),
    release: (path) => set(path, { use: "closed" }),
    admin: {
      deactivate: (path) => set(path, { activation: "inactive" }),
      mount: (path) => set(path, { use: "open", mountPoint }),
      unmount: (path) => set(path, { use: "closed" }),
      snapshot: (path, name) => {
        const group = node.groups.find(({ volumes }) => volumes.includes(volumeAt(path)));
        if (group === undefined) throw new Error(`there is no group with ${path}`);
        node.addVolume(group, name, 2, []).origin = volumeAt(path).name;
        return Promise.resolve();
      },
      remove: (path) => {
        const volume = volumeAt(path);
        for (const { volumes } of node.groups) {
          if (volumes.includes(volume)) volumes.splice(volumes.indexOf(volume), 1);
        }
        return Promise.resolve();
      },
      setActivationSkip: (path, skip) => {
        const volume = volumeAt(path);
        if (skip === "y") volume.activationFlag = "skipped";
        else delete volume.activationFlag;
        return Promise.resolve();
      },
      setVolumeList: (list) => {
        node.volumeList = list;
        return Promise.resolve();
      },
      partition: (disk) => {
        node.present(disk)?.signatures.push("dos");
        node.addDevice(`${disk}1`, 64, { type: "part", disk });
        return Promise.resolve();
      },
    },
  };
};

/** What a command came to: nothing more than that it went well, or the code of its error. */
export const outcome = async ({ run }: LvmSide, command: Command): Promise<string> => {
  try {
    await runChecked(run, command);
    return "done";
  } catch (error) {
    if (!(error instanceof LvmError)) throw error;
    return error.code;
  }
};

/** All that the agent reads of the disks and the volumes named, but for UUIDs and numbers. */
export const look = async (
  { run }: LvmSide,
  group: string,
  volumes: readonly string[],
): Promise<object> => {
  const report = parseReport(await runChecked(run, reportDevices(group, disks)));
  const paths = volumes.map((name) => `/dev/${group}/${name}`);
  const signatures: unknown[] = [];
  for (const disk of disks) {
    const found = parseSignatures(await runChecked(run, listSignatures(disk)));
    signatures.push([disk, found.map(({ type }) => type)]);
  }
  const targets = paths.length === 0 ? [] : await linksOf(run, group, paths);
  const tree = parseBlockDevices(await runChecked(run, lsblk(group, disks)));
  return {
    tree: tree.map(essenceOfBlock),
    groups: report.groups.map(essenceOfGroup).toSorted(byDevices),
    lone: report.loneDevices.map(({ path, membership }) => ({ path, membership })),
    signatures,
    targets,
  };
};

const linksOf = async (
  run: LvmSide["run"],
  group: string,
  paths: readonly string[],
): Promise<unknown[]> => {
  const { stdout } = await run(statPaths(group, paths));
  const targets = parseTargets(stdout);
  return paths.map((path) => [path, targets.get(path)?.kind ?? "nothing"]);
};

/** What lsblk tells of a device and of all that is built on it, but for numbers and names of the kernel. */
const essenceOfBlock = (device: BlockDevice): object => ({
  name: device.name,
  type: device.type,
  size: device.size,
  access: device.access,
  sectorSize: device.sectorSize,
  mountPoint: device.mountPoint,
  partitionTable: device.partitionTable,
  holders: device.holders.map(essenceOfBlock).toSorted(byText),
});

/** Numbers of devices, and with them the order, differ between the sides. */
const byText = (a: object, b: object): number => JSON.stringify(a).localeCompare(JSON.stringify(b));

const byDevices = (a: { devices: object[] }, b: { devices: object[] }): number =>
  byText(a.devices, b.devices);

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name.localeCompare(b.name);

const essenceOfGroup = (group: VolumeGroup) => ({
  name: group.name,
  size: group.size,
  extentSize: group.extentSize,
  extents: group.extents,
  freeExtents: group.freeExtents,
  state: group.state,
  missingDevices: group.missingDevices,
  tags: group.tags.toSorted(),
  devices: group.physicalVolumes.map(essenceOfDevice),
  volumes: group.logicalVolumes.toSorted(byName).map(essenceOfVolume),
});

const essenceOfDevice = (device: PhysicalVolume): object => ({
  path: device.path,
  size: device.size,
  deviceSize: device.deviceSize,
  presence: device.presence,
  allocation: device.allocation,
  membership: device.membership,
  extents: device.extents,
  allocatedExtents: device.allocatedExtents,
  dataStart: device.dataStart,
  tags: device.tags.toSorted(),
});

const essenceOfVolume = (volume: LogicalVolume): object => ({
  name: volume.name,
  size: volume.size,
  tags: volume.tags.toSorted(),
  visibility: volume.visibility,
  activation: volume.activation,
  use: volume.use,
  health: volume.health,
  layout: volume.layout,
  origin: volume.origin,
  activationFlag: volume.activationFlag,
});
