import type { NodeLocalStorageSpec, VolumeEntry, VolumeStatus } from "@stowage/api";
import { devicePathOf } from "@stowage/api";
import { show } from "@stowage/capacity";
import type { Moment } from "@stowage/clock";
import { elapsed, minutes } from "@stowage/clock";
import type { LogicalVolume } from "@stowage/lvm";
import type { Failure, Failures } from "./failures.ts";
import type { VolumeVerdict } from "./judge-volumes.ts";
import { growthKeyOf } from "./plan.ts";
import { reasonOf, shortened } from "./reason.ts";

/** The report on one entry: what it has come to, and what keeps it from more. */
export const statusOfVolume = (
  spec: NodeLocalStorageSpec,
  entry: VolumeEntry,
  verdict: VolumeVerdict | undefined,
  /** The logical volume of that name, whoever made it. */
  volume: LogicalVolume | undefined,
  failures: Failures,
  now: Moment,
): VolumeStatus => {
  const { name } = entry;
  const there = (state: VolumeStatus["state"], why: Why = {}): VolumeStatus => ({
    name,
    state,
    ...(volume === undefined
      ? {}
      : { size: volume.size, path: devicePathOf(spec.volumeGroup, name) }),
    ...why,
  });
  const pending = (failure: Failure | undefined): VolumeStatus =>
    there(failure?.error.retry === "after_change" ? "Failed" : "Creating", whyOf(failure));
  // A volume that was handed out works as it is; that it does not grow has to be told all the same.
  const growing = (failure: Failure | undefined): VolumeStatus =>
    failure !== undefined && entry.pending !== true
      ? there("Failed", whyOf(failure))
      : pending(failure);
  switch (verdict?.kind) {
    case undefined:
      return { name, state: "Creating" };
    case "ready":
      return there("Ready");
    case "create":
      return pending(failures.get(`create_volume:${name}`));
    case "extend":
      return growing(failures.get(growthKeyOf(entry)));
    case "make_room":
      return growing(failures.get(`make_room:${name}`) ?? failures.get(growthKeyOf(entry)));
    case "zero_room":
      return growing(
        failures.get(`zero_volume:${verdict.room.name}`) ?? failures.get(growthKeyOf(entry)),
      );
    case "zeroing_room": {
      const message = `${show(verdict.wiped)} of the ${show(verdict.room.size)} that it is to grow by are zeroed`;
      return there(entry.pending === true ? "Creating" : "Ready", { reason: "Zeroing", message });
    }
    case "activate":
      return entry.delete === true
        ? there("Deleting", whyOf(failures.get(`activate_volumes:${name}`)))
        : pending(failures.get(`activate_volumes:${name}`));
    case "link": {
      const failure = failures.get(`make_nodes:${name}`);
      const why: Why = {
        reason: failure === undefined ? "WrongDevice" : reasonOf(failure.error),
        message: shortened([verdict.message, failure?.error.message].join("; ").replace(/; $/, "")),
      };
      return there(entry.delete === true ? "Deleting" : "Creating", why);
    }
    case "wipe":
      return {
        ...there("Deleting", whyOf(failures.get(`wipe_volume:${name}`))),
        wiped: verdict.from,
      };
    case "wiping": {
      const { wiped } = verdict;
      const message = `${show(wiped)} of ${show(verdict.volume.size)} wiped; its room is free when it is done`;
      return { ...there("Deleting", { reason: "Wiping", message }), wiped };
    }
    case "clean":
      return pending(failures.get(`clean_volume:${name}`));
    case "mark":
      return pending(failures.get(`mark_volume:${name}`));
    case "zero":
      return pending(failures.get(`zero_volume:${name}`));
    case "zeroing": {
      const { wiped } = verdict;
      const message = `${show(wiped)} of ${show(verdict.volume.size)} zeroed, so that nothing of what lay there before can be read`;
      return { ...there("Creating", { reason: "Zeroing", message }), wiped };
    }
    case "format":
      return pending(failures.get(`format_volume:${name}`));
    case "formatting": {
      const minutesPassed = Math.floor(elapsed(verdict.since, now) / minutes(1));
      const message = `mkfs.${verdict.fileSystem.type} has been at work for ${minutesPassed} min`;
      return there("Creating", { reason: "Formatting", message });
    }
    case "remove":
      return there("Deleting", whyOf(failures.get(`remove_volume:${name}`)));
    case "gone":
      return { name, state: "Deleted" };
    case "waiting": {
      const failed = failures.get(`refresh_volumes:${name}`)?.error.message;
      const message = failed === undefined ? verdict.message : `${verdict.message}; ${failed}`;
      const state = entry.delete === true ? "Deleting" : "Creating";
      return there(state, words({ reason: verdict.reason, message }));
    }
    case "refused": {
      // The size and path of another's volume would look like this claim's own.
      const why = words(verdict);
      return verdict.reason === "NameTaken"
        ? { name, state: "Failed", ...why }
        : there("Failed", why);
    }
  }
};

type Why = { readonly reason?: string; readonly message?: string };

const whyOf = (failure: Failure | undefined): Why =>
  failure === undefined
    ? {}
    : { reason: reasonOf(failure.error), message: shortened(failure.error.message) };

const words = ({
  reason,
  message,
}: {
  readonly reason: string;
  readonly message: string;
}): Why => ({
  reason,
  message: shortened(message),
});
