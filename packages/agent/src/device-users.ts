import type { BlockDevice, LvmRunner } from "@stowage/lvm";
import {
  eachDevice,
  listLoops,
  listMounts,
  listOpenFiles,
  listPrograms,
  LvmError,
  parseFiles,
  parseLoops,
  parseMounts,
  parseOpeners,
  parseOpenFiles,
  parsePrograms,
  statFiles,
  statOpenFiles,
} from "@stowage/lvm";
import type { Command, MountSeen, Opener } from "@stowage/lvm";

/** Who uses a device, though lsblk shows nobody. */
export type DeviceUser =
  | { readonly kind: "opener"; readonly process: number; readonly program: string }
  | { readonly kind: "loop"; readonly name: string; readonly file: string }
  /** A mount that only another mount namespace has. */
  | { readonly kind: "mount"; readonly process: number; readonly place: string }
  /** Its device node is mounted elsewhere: a pod has it as a raw block volume. */
  | { readonly kind: "node"; readonly process: number; readonly place: string };

/** A device, with all below and above it whose users are its users. */
export type Subject = {
  readonly path: string;
  readonly parts: readonly Pick<BlockDevice, "kernelName" | "name" | "deviceNumber">[];
};

/** The device, what is built on it, and the disk that it is a partition of. */
export const subjectOf = (
  path: string,
  device: BlockDevice,
  hostDevices: readonly BlockDevice[],
): Subject => ({
  path,
  parts: [
    ...eachDevice([device]),
    ...hostDevices.filter(({ holders }) =>
      holders.some(
        ({ type, deviceNumber }) => type === "part" && deviceNumber === device.deviceNumber,
      ),
    ),
  ],
});

/**
 * The users of each subject, by path.
 * @throws LvmError where they cannot be looked for: then nobody can say that there are none.
 */
export const readUsers = async (
  run: LvmRunner,
  subjects: readonly Subject[],
): Promise<ReadonlyMap<string, readonly DeviceUser[]>> => {
  if (subjects.length === 0) return new Map();
  const openers = await readOpeners(run);
  const loops = await readLoops(run, subjects);
  const mounts = await readMounts(run, subjects);
  return new Map(
    subjects.map((subject) => {
      const numbers = new Set(subject.parts.map(({ deviceNumber }) => deviceNumber));
      return [
        subject.path,
        [
          ...loops.flatMap(({ deviceNumber, user }) => (numbers.has(deviceNumber) ? [user] : [])),
          ...usersByMount(mounts, subject),
          ...openers.flatMap(({ deviceNumber, user }) => (numbers.has(deviceNumber) ? [user] : [])),
        ],
      ];
    }),
  );
};

type UserOf = { readonly deviceNumber: string; readonly user: DeviceUser };

/** Those that open any device for a moment to see what is on it; O_EXCL shows when they write. */
const probers = /\/(systemd-udevd|udevadm|udevd|blkid|lsblk|wipefs|lvm|cmp)$/;

/**
 * File systems that answer without a server or another process, and that may hold a device's node. A
 * file of any other is not asked what it is: whoever asks may never come back, and cannot be killed.
 */
const answering = [
  ..."devtmpfs tmpfs ramfs rootfs overlay aufs squashfs erofs".split(" "),
  ..."ext2 ext3 ext4 xfs btrfs zfs f2fs bcachefs".split(" "),
];

/** So many paths fit into a command line. */
const pathsAtOnce = 1000;

const readOpenDevices = async (run: LvmRunner): Promise<Opener[]> => {
  const files = parseOpenFiles(await runOnHost(run, listOpenFiles()));
  const words = answering.map((type) => `- ${type}`);
  const mounts = parseMounts(await runOnHost(run, listMounts(words)));
  const served = new Set(
    mounts.flatMap(({ id, deviceNodes }) => (deviceNodes === "served" ? [id] : [])),
  );
  const links = files.flatMap(({ link, mount }) => (served.has(mount) ? [link] : []));
  const openers: Opener[] = [];
  for (let start = 0; start < links.length; start += pathsAtOnce) {
    const some = links.slice(start, start + pathsAtOnce);
    openers.push(...parseOpeners(await runOnHost(run, statOpenFiles(some))));
  }
  return openers;
};

const readOpeners = async (run: LvmRunner): Promise<UserOf[]> => {
  const openers = await readOpenDevices(run);
  const processes = [...new Set(openers.map(({ process }) => process))];
  if (processes.length === 0) return [];
  const programs = parsePrograms(await runOnHost(run, listPrograms(processes)));
  return openers.flatMap(({ process, deviceNumber }): UserOf[] => {
    const program = programs.get(process) ?? "unknown program";
    return probers.test(program)
      ? []
      : [{ deviceNumber, user: { kind: "opener", process, program } }];
  });
};

/** The kubelet sets a loop device up over every local volume that a pod has as a raw block device. */
const readLoops = async (run: LvmRunner, subjects: readonly Subject[]): Promise<UserOf[]> => {
  const loops = parseLoops(await runOnHost(run, listLoops()));
  if (loops.length === 0) return [];
  const nodes = subjects.flatMap(({ parts }) => parts.map(({ kernelName }) => kernelName));
  // A file elsewhere may lie on a file system that never answers; a node of the device is known by inode.
  const names = loops.map(({ file }) => file).filter((file) => file.startsWith("/dev/"));
  const files = parseFiles(await runOnHost(run, statFiles([...new Set([...nodes, ...names])])));
  return loops.flatMap(({ name, file, inode }): UserOf[] => {
    // By inode too: the name may be one of another mount namespace.
    const under = files.filter((seen) => seen.path === file || seen.inode === inode);
    return under.flatMap(({ deviceNumber }) =>
      deviceNumber === undefined ? [] : [{ deviceNumber, user: { kind: "loop", name, file } }],
    );
  });
};

const nodeName = (kernelName: string): string => kernelName.slice("/dev".length);

const readMounts = async (
  run: LvmRunner,
  subjects: readonly Subject[],
): Promise<readonly MountSeen[]> => {
  const words = subjects.flatMap(({ parts }) =>
    parts.flatMap(({ kernelName, name, deviceNumber }) => [
      deviceNumber,
      name,
      kernelName,
      nodeName(kernelName),
    ]),
  );
  return parseMounts(await runOnHost(run, listMounts([...new Set(words)])));
};

const usersByMount = (mounts: readonly MountSeen[], { parts }: Subject): DeviceUser[] => {
  const users = new Map<string, DeviceUser>();
  for (const { process, deviceNumber, root, place, fileSystem, source } of mounts) {
    const used = parts.some(
      (part) =>
        part.deviceNumber === deviceNumber || part.kernelName === source || part.name === source,
    );
    const given =
      fileSystem === "devtmpfs" && parts.some(({ kernelName }) => nodeName(kernelName) === root);
    // Many processes share a mount namespace: the first one stands for all.
    if (given && !users.has(place)) users.set(place, { kind: "node", process, place });
    else if (used && !users.has(place)) users.set(place, { kind: "mount", process, place });
  }
  return [...users.values()];
};

/** That a process or a file is gone is an answer; a failure to get onto the host is none. */
const runOnHost = async (run: LvmRunner, command: Command): Promise<string> => {
  const { exitCode, stdout, stderr } = await run(command);
  const answered = stderr
    .split("\n")
    .every(
      (line) => line === "" || (/^(find|stat): /.test(line) && !line.endsWith("Permission denied")),
    );
  if (!command.answers.includes(exitCode) || !answered) {
    throw new LvmError("lvm_failed", { command: command.name, exitCode, stderr });
  }
  return stdout;
};

/** What a user is, and how to end the use. */
export const wordsForUser = (user: DeviceUser): string => {
  switch (user.kind) {
    case "opener":
      return `is open in process ${user.process} (${user.program}); it is free when that ends`;
    case "loop":
      return `has the loop device ${user.name} over it; \`losetup --detach ${user.name}\` frees it once no pod and no mount uses that`;
    case "mount":
      return `is mounted on ${user.place} in the mount namespace of process ${user.process}; \`nsenter --target ${user.process} --mount umount ${user.place}\` frees it`;
    case "node":
      return `is given on as a raw block device, ${user.place} in the mount namespace of process ${user.process}; it is free when its pod is gone and that is unmounted`;
  }
};
