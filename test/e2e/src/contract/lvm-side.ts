import { FakeNode } from "@stowage/agent/testing";
import { mib } from "@stowage/capacity";
import { milliseconds, systemClock } from "@stowage/clock";
import type { Command, LogicalVolume, PhysicalVolume, VolumeGroup } from "@stowage/lvm";
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

/** Two disks with nothing on them. */
export const disks = ["/dev/ubdb", "/dev/ubdc"] as const;

/** A node's LVM that the contract is tried on: the real one, or the simulator's model of it. */
export type LvmSide = {
  readonly run: (command: Command) => ReturnType<FakeNode["run"]>;
  /** Has a program hold a volume open, for itself as a mount does, until `release`. */
  readonly hold: (volumePath: string) => Promise<void>;
  readonly release: (volumePath: string) => Promise<void>;
  /** As an admin does by hand. */
  readonly deactivate: (volumePath: string) => Promise<void>;
};

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
    // A host's devices file or filter may hide the disks from a command that does not name them.
    deactivate: (path) =>
      shell(`lvchange --devices=${disks.join(" --devices=")} --activate n ${path}`),
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
    deactivate: (path) => set(path, { activation: "inactive" }),
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
  return {
    groups: report.groups.map(essenceOfGroup),
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

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name.localeCompare(b.name);

const essenceOfGroup = (group: VolumeGroup): object => ({
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
});
