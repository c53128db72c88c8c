import type { BlockDevice, LvmRunner, PathTarget, Signature } from "@stowage/lvm";
import { eachDevice, listSignatures, LvmError, parseSignatures, runChecked } from "@stowage/lvm";
import type { Candidate } from "./candidates.ts";
import type { DeviceSeen, Signatures } from "./observation.ts";

const unread: Signatures = { kind: "unread" };

/**
 * What is on a candidate. Signatures are read only where they decide: not of what is in use, nor of
 * the devices with the numbers in `decided`, which LVM's report tells of.
 */
export const lookAtDevice = async (
  run: LvmRunner,
  { device, ...seen }: Candidate,
  target: PathTarget | undefined,
  decided: ReadonlySet<string>,
): Promise<DeviceSeen> => {
  if (device === undefined) return { ...seen, found: notABlockDevice(target) };
  const about = {
    kind: "block_device",
    device,
    partitions: unread,
    closer: { kind: "unread" },
  } as const;
  // What may be another node's disk is not even opened.
  if (decided.has(device.deviceNumber) || isBusy(device) || seen.doubt !== undefined) {
    return { ...seen, found: { ...about, signatures: unread } };
  }
  const signatures = await readSignatures(run, [seen.path]);
  const below = eachDevice(device.holders).map(({ kernelName }) => kernelName);
  const partitions =
    seen.wish === "erase" && below.length > 0 ? await readSignatures(run, below) : unread;
  return { ...seen, found: { ...about, signatures, partitions } };
};

/** Mounted, or built upon by more than partitions that nobody uses. */
const isBusy = ({ mountPoint, holders }: BlockDevice): boolean =>
  mountPoint !== undefined ||
  holders.some(
    (holder) =>
      holder.type !== "part" || holder.mountPoint !== undefined || holder.holders.length > 0,
  );

const notABlockDevice = (target: PathTarget | undefined): DeviceSeen["found"] =>
  target === undefined
    ? { kind: "missing" }
    : target.kind === "other"
      ? { kind: "not_a_block_device", what: target.what }
      : { kind: "empty" };

/** The signatures of all of `paths` together. */
export const readSignatures = async (
  run: LvmRunner,
  paths: readonly string[],
): Promise<Signatures> => {
  const found: Signature[] = [];
  try {
    for (const path of paths) {
      found.push(...parseSignatures(await runChecked(run, listSignatures(path))));
    }
    return {
      kind: "read",
      types: [...new Set(found.map(({ type }) => type))],
      marks: [
        ...new Set(found.map(({ type, uuid }) => (uuid === undefined ? type : `${type} ${uuid}`))),
      ],
      physicalVolumes: found.flatMap(({ type, uuid }) =>
        type === "LVM2_member" && uuid !== undefined ? [uuid] : [],
      ),
    };
  } catch (error) {
    if (!(error instanceof LvmError)) throw error;
    return { kind: "unreadable", why: error.message };
  }
};
