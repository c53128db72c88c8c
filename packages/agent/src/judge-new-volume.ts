import type { FileSystem, VolumeEntry } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { noBytes } from "@stowage/capacity";
import type { Moment } from "@stowage/clock";
import type { LogicalVolume } from "@stowage/lvm";
import { formattedTag, newTag } from "@stowage/lvm";
import type { Memory } from "./memory.ts";
import type { Waiting } from "./verdict-words.ts";

/** What is still to be done before a volume that was made can be handed out. */
export type NewVolumeVerdict =
  /** To be freed of old signatures; a file system shows nothing else of what lay there. */
  | { readonly kind: "clean"; readonly volume: LogicalVolume }
  /** To be zeroed whole, from where this process was before. */
  | { readonly kind: "zero"; readonly volume: LogicalVolume; readonly from: Bytes }
  | { readonly kind: "zeroing"; readonly volume: LogicalVolume; readonly wiped: Bytes }
  | { readonly kind: "format"; readonly volume: LogicalVolume; readonly fileSystem: FileSystem }
  | {
      readonly kind: "formatting";
      readonly volume: LogicalVolume;
      readonly fileSystem: FileSystem;
      readonly since: Moment;
    }
  /** All was done, and LVM's metadata is to say so. */
  | {
      readonly kind: "mark";
      readonly volume: LogicalVolume;
      readonly off: readonly string[];
      readonly on: readonly string[];
    }
  | Waiting;

/**
 * Whether the user of a volume can read extents that he has not written. A file system never shows
 * them; of an entry that does not say what it is for nobody can know.
 */
export const readsExtents = ({ volumeMode, fileSystem }: VolumeEntry): boolean =>
  fileSystem === undefined && volumeMode !== "Filesystem";

/**
 * Undefined when nothing is left to do. Only a pending entry's volume is ever touched: what was handed
 * out may hold data, whatever its tags say. And only with newTag on it, which whoever made it put
 * there: the version before did not, and its volumes are left as they are.
 */
export const judgeNewVolume = (
  entry: VolumeEntry,
  volume: LogicalVolume,
  { zeroings, freed, formats }: Pick<Memory, "zeroings" | "freed" | "formats">,
): NewVolumeVerdict | undefined => {
  if (entry.pending !== true) return undefined;
  const { name, fileSystem } = entry;
  const isNew = volume.tags.includes(newTag);
  const lacksFileSystem = fileSystem !== undefined && !volume.tags.includes(formattedTag);
  if (!isNew && !lacksFileSystem) return undefined;
  const format = formats.get(name);
  if (format?.kind === "running" && fileSystem !== undefined) {
    return { kind: "formatting", volume, fileSystem, since: format.since };
  }
  const zeroing = zeroings.get(name);
  if (zeroing?.kind === "running") return { kind: "zeroing", volume, wiped: zeroing.wiped };
  const isFormatted = format?.kind === "done";
  const next = ((): NewVolumeVerdict | undefined => {
    if (isNew && readsExtents(entry)) {
      if (zeroing?.kind === "wiped") return undefined;
      return { kind: "zero", volume, from: zeroing?.wiped ?? noBytes };
    }
    if (isNew && !freed.has(name) && !isFormatted) return { kind: "clean", volume };
    return lacksFileSystem && !isFormatted ? { kind: "format", volume, fileSystem } : undefined;
  })();
  if (next === undefined) {
    return {
      kind: "mark",
      volume,
      off: isNew ? [newTag] : [],
      on: lacksFileSystem ? [formattedTag] : [],
    };
  }
  return volume.use === "closed" ? next : heldOpen;
};

const heldOpen: Waiting = {
  kind: "waiting",
  reason: "InUse",
  message:
    "nobody was given it, but something has it open, such as an mkfs of the agent before this one; it goes on when that has ended",
};
