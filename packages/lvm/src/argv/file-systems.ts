import type { FileSystem } from "@stowage/api";
import { parseMkfsOptions } from "@stowage/api";
import type { Command } from "../command.ts";
import { formattingLane } from "../command.ts";
import { LvmError } from "../errors.ts";
import { lvPath, success } from "./lvm-command.ts";

/**
 * Over whatever an attempt before this one may have left: the volume was never handed out, or it
 * would have formattedTag. The kubelet gives -m0 to ext4 too, and a class may say otherwise.
 */
const usual = {
  ext4: ["-F", "-q", "-m", "0"],
  xfs: ["-f", "-q"],
  btrfs: ["-f", "-q"],
} as const;

/**
 * Makes a file system on a volume that was never handed out: a job, because a large disk that turns,
 * or one that is slow to discard, takes longer than any limit.
 * @throws LvmError `lvm_bad_name` for an option that is not known to be harmless.
 */
export const mkfs = (
  volumeGroup: string,
  volume: string,
  { type, mkfsOptions }: FileSystem,
): Command => {
  const options = parseMkfsOptions(type, mkfsOptions);
  if (options.kind === "invalid") {
    throw new LvmError("lvm_bad_name", { command: "mkfs", detail: options.problem });
  }
  const file = `mkfs.${type}` as const;
  return {
    name: file,
    file,
    args: [...usual[type], ...options.args, `/dev/${lvPath(volumeGroup, volume)}`],
    access: "job",
    answers: success,
    lane: formattingLane(volumeGroup, volume),
  };
};
