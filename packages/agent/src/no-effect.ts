import type { Judgement } from "./judge.ts";
import { publicVolumes } from "./judge-volumes.ts";
import { LvmError } from "@stowage/lvm";
import type { Action } from "./plan.ts";

/** The command of each kind of action, and what is known to make it end well and change nothing. */
const causes: Record<Action["kind"], readonly [command: string, cause: string]> = {
  erase_device: [
    "wipefs",
    "a partition table inside a partition stays where it is, and so does what somebody writes anew",
  ],
  create_group: ["vgcreate", ""],
  extend_group: ["vgextend", ""],
  mark_group: ["vgchange", ""],
  restore_device: ["vgextend --restoremissing", ""],
  refresh_volumes: ["lvchange --refresh", "somebody may have suspended it with dmsetup"],
  resize_device: ["pvresize", ""],
  hold_device: ["pvchange", ""],
  release_device: ["pvchange", ""],
  move_extents: [
    "pvmove",
    "see with `lvs -a -o+move_pv` whether a move is left half-way; `pvmove --abort` takes it back",
  ],
  reduce_group: ["vgreduce", ""],
  unlabel_device: ["pvremove", ""],
  activate_volumes: ["lvchange --activate", "volume_list in the host's lvm.conf may leave it out"],
  make_nodes: ["vgmknodes", "udev makes the links on this host; `udevadm trigger` asks it again"],
  wipe_volume: ["blkdiscard", ""],
  remove_volume: ["lvremove", ""],
  clean_volume: ["wipefs", ""],
  format_volume: ["mkfs", ""],
  zero_volume: ["blkdiscard", ""],
  mark_volume: ["lvchange", ""],
  make_room: ["lvcreate", ""],
  remove_room: ["lvremove", ""],
  extend_volume: ["lvextend", ""],
  create_volume: ["lvcreate", ""],
};

/** The failure of an action that ended well, and that the next look would have done once more. */
export const noEffect = (action: Action, { group }: Judgement): LvmError => {
  const [command, cause] = causes[action.kind];
  const subject = subjectOf(action);
  const volume = "group" in group ? publicVolumes(group.group).get(subject) : undefined;
  const why =
    action.kind === "activate_volumes" && volume?.activationFlag === "skipped"
      ? "its activation-skip flag is set; `lvchange --setactivationskip n` takes it off"
      : cause;
  const detail = `ended well and changed nothing of ${subject}`;
  return new LvmError("no_effect", { command, detail: why === "" ? detail : `${detail}; ${why}` });
};

const subjectOf = (action: Action): string =>
  "entry" in action
    ? action.entry.name
    : "path" in action
      ? action.path
      : "volumes" in action
        ? action.volumes.join(", ")
        : "room" in action
          ? action.room
          : "the group";
