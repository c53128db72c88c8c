import type { NodeLocalStorageSpec } from "@stowage/api";
import { devicePathOf } from "@stowage/api";
import type { BlockDevice, LvmRunner, PathTarget } from "@stowage/lvm";
import { LvmError, lsblk, parseBlockDevices, runChecked } from "@stowage/lvm";
import type { Subject } from "./device-users.ts";
import { readUsers, subjectOf, wordsForUser } from "./device-users.ts";
import { condemnedVolumes } from "./judge-volumes.ts";
import type { GroupSeen } from "./observation.ts";

/** Who uses the volumes that are to be removed and are open, in words, by volume. */
export const readVolumeUsers = async (
  run: LvmRunner,
  spec: NodeLocalStorageSpec,
  group: GroupSeen,
  targets: ReadonlyMap<string, PathTarget>,
): Promise<ReadonlyMap<string, string>> => {
  const users = new Map<string, string>();
  if (group.kind !== "present") return users;
  const unexplained = new Map<string, Subject>();
  for (const { name, use } of condemnedVolumes(spec, group.group)) {
    const path = devicePathOf(spec.volumeGroup, name);
    if (use !== "open" || targets.get(path)?.kind !== "block_device") continue;
    const [device] = parseBlockDevices(await runChecked(run, lsblk(spec.volumeGroup, [path])));
    if (device === undefined) continue;
    const words = wordsForWhatLsblkShows(device);
    if (words === undefined) unexplained.set(name, subjectOf(path, device, []));
    else users.set(name, words);
  }
  try {
    const found = await readUsers(run, [...unexplained.values()]);
    for (const [name, { path }] of unexplained) {
      const [user] = found.get(path) ?? [];
      if (user !== undefined) users.set(name, wordsForUser(user));
    }
  } catch (error) {
    // LVM says that they are in use; that is enough to leave them alone.
    if (!(error instanceof LvmError)) throw error;
  }
  return users;
};

/** Where the kubelet mounts local volumes for all pods of a node that have them. */
const kubeletMounts = "/plugins/kubernetes.io/local-volume/mounts/";

const wordsForWhatLsblkShows = ({ mountPoint, holders }: BlockDevice): string | undefined => {
  if (mountPoint?.includes(kubeletMounts) === true) {
    return `is mounted on ${mountPoint} by the kubelet, which takes that off once no pod of the node has the volume; if none has, it was left behind, and \`umount ${mountPoint}\` frees it`;
  }
  if (mountPoint !== undefined) return `is mounted on ${mountPoint}`;
  return holders.length === 0
    ? undefined
    : `is held by ${holders.map(({ kernelName }) => kernelName).join(", ")}`;
};
