import type { NodeLocalStorage } from "@stowage/api";
import type { Milliseconds } from "@stowage/clock";
import type { LogFields } from "@stowage/kube";
import type { Command, Ended } from "@stowage/lvm";
import type { Action } from "./plan.ts";

/** What the log says of an action, whatever came of it. */
export const fieldsOf = ({ spec }: NodeLocalStorage, action: Action): LogFields => ({
  volumeGroup: spec.volumeGroup,
  ...("entry" in action
    ? {
        volume: action.entry.name,
        bytes: action.entry.size,
        ...(action.entry.claim === undefined
          ? {}
          : { claim: `${action.entry.claim.namespace}/${action.entry.claim.name}` }),
      }
    : {}),
  ...("room" in action && typeof action.room === "string" ? { volume: action.room } : {}),
  ...("path" in action ? { device: action.path } : {}),
  ...("volumes" in action ? { volumes: action.volumes.length } : {}),
});

/** What the log says of a command that ended long after its limit. What it did, the next look finds. */
export const lateWords = "a command that took too long has ended";

export const fieldsOfLate = (
  { name }: Command,
  ended: Ended | Error,
  durationMs: Milliseconds,
): LogFields => ({
  command: name,
  durationMs,
  ...(ended instanceof Error
    ? { error: ended.message }
    : { exitCode: ended.exitCode, ...(ended.stderr === "" ? {} : { error: ended.stderr }) }),
});

/** What the log says of an action that succeeded. */
export const doneWords: Record<Action["kind"], string> = {
  erase_device: "device erased, as its entry asks",
  restore_device: "device taken back",
  refresh_volumes: "volumes led to their devices anew",
  resize_device: "device has grown",
  hold_device: "device kept from new volumes",
  release_device: "device open to new volumes again",
  move_extents: "device emptied",
  reduce_group: "device taken out of the volume group",
  unlabel_device: "device freed of LVM's label",
  wipe_volume: "volume wiped",
  create_group: "volume group made",
  extend_group: "volume group extended",
  mark_group: "volume group marked as this node's",
  activate_volumes: "volumes activated",
  make_nodes: "device nodes made",
  remove_volume: "volume removed",
  format_volume: "file system made",
  clean_volume: "volume freed of old signatures",
  zero_volume: "volume zeroed",
  mark_volume: "volume created",
  make_room: "room to grow set aside",
  remove_room: "room to grow given back",
  extend_volume: "volume extended",
  create_volume: "logical volume made",
};

/** Steps on the way to what is told at info. */
export const stepKinds: ReadonlySet<Action["kind"]> = new Set<Action["kind"]>([
  "create_volume",
  "clean_volume",
  "make_room",
  "remove_room",
]);
