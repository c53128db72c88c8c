import type { BlockDevice, LvmRunner, PathTarget, Signature } from "@stowage/lvm";
import { listSignatures, LvmError, parseSignatures, runChecked } from "@stowage/lvm";
import type { Candidate } from "./candidates.ts";
import type { DeviceSeen, Signatures } from "./observation.ts";

const unread: Signatures = { kind: "unread" };

/**
 * What is on a candidate. Signatures are read only where they decide: not of what is in use, nor of
 * the devices with the numbers in `decided`, which LVM's report tells of.
 */
export const lookAtDevice = async (
  run: LvmRunner,
  { path, origin, wish, device }: Candidate,
  target: PathTarget | undefined,
  decided: ReadonlySet<string>,
): Promise<DeviceSeen> => {
  if (device === undefined) return { path, origin, wish, found: notABlockDevice(target) };
  if (decided.has(device.deviceNumber) || isBusy(device)) {
    const found = { kind: "block_device", device, signatures: unread, partitions: unread } as const;
    return { path, origin, wish, found };
  }
  const signatures = await readSignatures(run, [path]);
  const below = device.holders.map(({ kernelName }) => kernelName);
  const partitions =
    wish === "erase" && below.length > 0 ? await readSignatures(run, below) : unread;
  return { path, origin, wish, found: { kind: "block_device", device, signatures, partitions } };
};

/** Mounted, or built upon by more than partitions that nobody uses. */
const isBusy = ({ mountPoint, holders }: BlockDevice): boolean =>
  mountPoint !== undefined ||
  holders.some(
    (holder) =>
      holder.type !== "part" || holder.mountPoint !== undefined || holder.holders.length > 0,
  );

const notABlockDevice = (target: PathTarget | undefined): DeviceSeen["found"] =>
  target?.kind === "other"
    ? { kind: "not_a_block_device", what: target.what }
    : { kind: "missing" };

/** The signatures of all of `paths` together. */
const readSignatures = async (run: LvmRunner, paths: readonly string[]): Promise<Signatures> => {
  const found: Signature[] = [];
  try {
    for (const path of paths) {
      found.push(...parseSignatures(await runChecked(run, listSignatures(path))));
    }
    return {
      kind: "read",
      types: [...new Set(found.map(({ type }) => type))],
      physicalVolumes: found.flatMap(({ type, uuid }) =>
        type === "LVM2_member" && uuid !== undefined ? [uuid] : [],
      ),
    };
  } catch (error) {
    if (!(error instanceof LvmError)) throw error;
    return { kind: "unreadable", why: error.message };
  }
};
