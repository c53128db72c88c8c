import type { FileSystem, NodeLocalStorageSpec, VolumeEntry } from "@stowage/api";
import type { Bytes, Extents } from "@stowage/capacity";
import type { PhysicalVolume, VolumeGroup, WipeMethod } from "@stowage/lvm";
import { identityOf, isOnNode } from "@stowage/lvm";
import type { DeviceVerdict, KnownDevice } from "./device-verdict.ts";
import { roomsOf } from "./judge-growth.ts";
import type { VolumeVerdict } from "./judge-volumes.ts";
import { publicVolumes } from "./judge-volumes.ts";
import type { Judgement } from "./judge.ts";
import type { Memory } from "./memory.ts";

/**
 * One change of the node, as data. Each is one LVM command, with what has to be looked at before and
 * wiped after it; wipes and moves are begun and go on in the background.
 */
export type Action =
  | {
      readonly kind: "erase_device";
      readonly path: string;
      readonly known: KnownDevice;
      /** Of what is erased; anything else on it stays. */
      readonly types: readonly string[];
      /** All that may be on it. */
      readonly erasing: readonly string[];
    }
  | {
      readonly kind: "create_group" | "extend_group";
      /** One at a time: a device that cannot be used keeps out no other. */
      readonly path: string;
      readonly known: KnownDevice;
      /** Lone: it has the label of a physical volume of no group, and nothing else. */
      readonly label: "none" | "lone";
    }
  | { readonly kind: "mark_group"; readonly tags: readonly string[] }
  | { readonly kind: "restore_device"; readonly path: string }
  | { readonly kind: "refresh_volumes"; readonly volumes: readonly string[] }
  | { readonly kind: "resize_device"; readonly path: string; readonly resizeKey: string }
  | { readonly kind: "hold_device"; readonly path: string }
  | { readonly kind: "release_device"; readonly path: string }
  | { readonly kind: "move_extents"; readonly path: string }
  | { readonly kind: "reduce_group"; readonly path: string }
  | { readonly kind: "unlabel_device"; readonly path: string }
  | { readonly kind: "activate_volumes"; readonly volumes: readonly string[] }
  | { readonly kind: "make_nodes"; readonly volumes: readonly string[] }
  | {
      readonly kind: "wipe_volume";
      readonly entry: VolumeEntry;
      readonly size: Bytes;
      readonly method: WipeMethod;
      readonly from: Bytes;
    }
  | { readonly kind: "remove_volume"; readonly entry: VolumeEntry }
  /** `size`: of its head and its tail nothing is left either. */
  | { readonly kind: "clean_volume"; readonly entry: VolumeEntry; readonly size: Bytes }
  | {
      readonly kind: "zero_volume";
      readonly entry: VolumeEntry;
      /** The logical volume: the entry's own, or the room by which that is to grow. */
      readonly volume: string;
      readonly size: Bytes;
      readonly from: Bytes;
    }
  | {
      readonly kind: "format_volume";
      readonly entry: VolumeEntry;
      readonly fileSystem: FileSystem;
    }
  | {
      readonly kind: "mark_volume";
      readonly entry: VolumeEntry;
      readonly off: readonly string[];
      readonly on: readonly string[];
    }
  | {
      readonly kind: "make_room";
      readonly entry: VolumeEntry;
      readonly more: Extents;
      /** Of the volume that is to grow, in all. */
      readonly extents: Extents;
    }
  | { readonly kind: "remove_room"; readonly room: string }
  | {
      readonly kind: "extend_volume";
      readonly entry: VolumeEntry;
      readonly extents: Extents;
      /** What was zeroed for it, and is taken off right before. */
      readonly room?: { readonly name: string; readonly extentRanges: readonly string[] };
    }
  | { readonly kind: "create_volume"; readonly entry: VolumeEntry; readonly extents: Extents };

/** Those that are begun and go on by themselves. */
export type BackgroundKind = "wipe_volume" | "zero_volume" | "format_volume" | "move_extents";

/** What failures of the action are remembered by: of an action on several volumes, one for each. */
export const keysOfAction = (action: Action): string[] => {
  if (action.kind === "zero_volume") return [keyOfPart(action, action.volume)];
  if (action.kind === "remove_room") return [keyOfPart(action, action.room)];
  if ("volumes" in action) return action.volumes.map((name) => keyOfPart(action, name));
  if ("entry" in action) return [keyOfPart(action, action.entry.name)];
  return ["path" in action ? keyOfPart(action, action.path) : action.kind];
};

/**
 * What holds an action back for a while when it failed: itself, and what it only prepares. Room that is
 * made and zeroed anew for a growth that fails again and again would keep the disk busy for nothing.
 */
export const gatesOf = (action: Action): string[] =>
  action.kind === "make_room"
    ? [...keysOfAction(action), growthKeyOf(action.entry)]
    : keysOfAction(action);

/** Of a growth, whatever step it is at. */
export const growthKeyOf = ({ name }: Pick<VolumeEntry, "name">): string => `extend_volume:${name}`;

export const keyOfPart = ({ kind }: Action, subject: string): string => `${kind}:${subject}`;

/**
 * What to do about a group, in order: removals before what may need their room, the group before
 * its volumes. Empty when nothing is left to do.
 */
export const planGroup = (
  spec: NodeLocalStorageSpec,
  judgement: Judgement,
  memory: Memory,
): Action[] => {
  const { group, volumes } = judgement;
  if (group.kind === "to_be_made")
    return [...erasures(judgement), ...additions("create_group", judgement)];
  if (group.kind !== "ready" && group.kind !== "frozen") return unlabelings(judgement);
  const ofKind = (kind: VolumeVerdict["kind"]): VolumeEntry[] =>
    spec.volumes.filter(({ name }) => volumes.get(name)?.kind === kind);
  const actions: Action[] = ofKind("remove").map((entry) => ({ kind: "remove_volume", entry }));
  if (group.kind === "frozen") actions.push(...restorations(group.group, group.reason));
  else {
    // First of all changes: another node that sees the disks leaves the group alone from then on.
    if (group.marks.length > 0) actions.unshift({ kind: "mark_group", tags: group.marks });
    actions.push(...refreshments(group.group, memory));
    if (group.owner !== "admin") {
      actions.push(
        ...unlabelings(judgement),
        ...erasures(judgement),
        ...additions("extend_group", judgement),
        ...growths(judgement, memory),
      );
    }
  }
  const inactive = inactiveVolumes(spec, group.group, volumes);
  if (inactive.length > 0) actions.push({ kind: "activate_volumes", volumes: inactive });
  const unlinked = ofKind("link").map(({ name }) => name);
  if (unlinked.length > 0) actions.push({ kind: "make_nodes", volumes: unlinked });
  if (group.kind === "ready") actions.push(...spareRooms(group.group, volumes));
  const each = (step: (entry: VolumeEntry, verdict: VolumeVerdict) => Action[]): Action[] =>
    spec.volumes.flatMap((entry) => {
      const verdict = volumes.get(entry.name);
      return verdict === undefined ? [] : step(entry, verdict);
    });
  actions.push(...each(completion), ...each(extension), ...each(creation), ...each(wiping));
  if (group.kind === "ready") actions.push(...evacuations(group.group, judgement));
  return actions;
};

/** What still has to be done before a volume that was made can be handed out. */
const completion = (entry: VolumeEntry, verdict: VolumeVerdict): Action[] => {
  if (verdict.kind === "clean") {
    return [{ kind: "clean_volume", entry, size: verdict.volume.size }];
  }
  if (verdict.kind === "zero") {
    const { volume, from } = verdict;
    return [{ kind: "zero_volume", entry, volume: volume.name, size: volume.size, from }];
  }
  if (verdict.kind === "format") {
    return [{ kind: "format_volume", entry, fileSystem: verdict.fileSystem }];
  }
  if (verdict.kind !== "mark") return [];
  return [{ kind: "mark_volume", entry, off: verdict.off, on: verdict.on }];
};

const extension = (entry: VolumeEntry, verdict: VolumeVerdict): Action[] => {
  if (verdict.kind === "make_room") {
    return [{ kind: "make_room", entry, more: verdict.more, extents: verdict.extents }];
  }
  if (verdict.kind === "zero_room") {
    const { room, from } = verdict;
    return [{ kind: "zero_volume", entry, volume: room.name, size: room.size, from }];
  }
  if (verdict.kind !== "extend") return [];
  const { extents, room } = verdict;
  return [{ kind: "extend_volume", entry, extents, ...(room === undefined ? {} : { room }) }];
};

/** Room that no growth waits for: of an agent that was cut off, or of a volume that is to go. */
const spareRooms = (group: VolumeGroup, volumes: Judgement["volumes"]): Action[] => {
  const wanted = new Set(
    [...volumes.values()].flatMap((verdict) =>
      "room" in verdict && verdict.room !== undefined ? [verdict.room.name] : [],
    ),
  );
  return roomsOf(group).flatMap(({ name, use }): Action[] =>
    wanted.has(name) || use === "open" ? [] : [{ kind: "remove_room", room: name }],
  );
};

const creation = (entry: VolumeEntry, verdict: VolumeVerdict): Action[] =>
  verdict.kind === "create" ? [{ kind: "create_volume", entry, extents: verdict.extents }] : [];

const wiping = (entry: VolumeEntry, verdict: VolumeVerdict): Action[] => {
  if (verdict.kind !== "wipe") return [];
  const { volume, method, from } = verdict;
  return [{ kind: "wipe_volume", entry, size: volume.size, method, from }];
};

/** Only what the status tells of already: an erasure that nobody remembers could be done twice. */
const erasures = ({ devices }: Judgement): Action[] =>
  devices.flatMap((device): Action[] =>
    device.kind === "erasable" && device.record === "told" ? [erasureOf(device)] : [],
  );

const erasureOf = ({
  path,
  known,
  types,
  erasing,
}: DeviceVerdict & { readonly kind: "erasable" }): Action => ({
  kind: "erase_device",
  path,
  known,
  types,
  erasing,
});

const unlabelings = ({ devices }: Judgement): Action[] =>
  devices.flatMap((device): Action[] =>
    device.kind === "unlabel" ? [{ kind: "unlabel_device", path: device.path }] : [],
  );

const additions = (kind: "create_group" | "extend_group", { devices }: Judgement): Action[] =>
  devices.flatMap((device): Action[] => {
    if (device.kind !== "usable") return [];
    const { path, known, label } = device;
    return [{ kind, path, known, label }];
  });

/** What a device was when its growth was passed on to LVM. */
const resizeKeyOf = ({ uuid, deviceSize }: PhysicalVolume): string => `${uuid} ${deviceSize}`;

/** Devices that grew since they were last reported. */
const growths = ({ devices }: Judgement, { resized }: Memory): Action[] =>
  devices.flatMap((device): Action[] => {
    if (device.kind !== "in_use" || device.wish === "evacuate") return [];
    const { physicalVolume, grownFrom } = device;
    const resizeKey = resizeKeyOf(physicalVolume);
    // Asked for once: a second metadata area at its end, for one, keeps a device as it is.
    return grownFrom !== undefined && !resized.has(resizeKey)
      ? [{ kind: "resize_device", path: physicalVolume.path, resizeKey }]
      : [];
  });

/**
 * Devices that are back, while the group's metadata still calls them missing: somebody changed the
 * group in between. Only where every volume is linear, so that none has a copy that grew stale.
 */
const restorations = (group: VolumeGroup, reason: string): Action[] => {
  const linear = group.logicalVolumes.every(({ layout }) => layout.join() === "linear");
  if (reason !== "DevicesMissing" || !linear) return [];
  return group.physicalVolumes
    .filter((device) => device.presence === "missing" && isOnNode(device))
    .map(({ path }) => ({ kind: "restore_device", path }));
};

/**
 * A look waits for LVM's own locks: a volume that it finds suspended is what a command left behind
 * that was killed half-way, and its pod would wait for ever.
 */
const refreshments = (group: VolumeGroup, { recovery }: Memory): Action[] => {
  const volumes = [...publicVolumes(group).values()]
    .filter(
      ({ activation, tags }) =>
        (activation === "suspended" || (activation === "active" && recovery === "needed")) &&
        identityOf(tags) !== undefined,
    )
    .map(({ name }) => name);
  return volumes.length === 0 ? [] : [{ kind: "refresh_volumes", volumes }];
};

const evacuations = (group: VolumeGroup, { evacuations: steps }: Judgement): Action[] =>
  group.physicalVolumes.flatMap(({ uuid, path }): Action[] => {
    switch (steps.get(uuid)?.kind) {
      case "hold":
        return [{ kind: "hold_device", path }];
      case "release":
        return [{ kind: "release_device", path }];
      case "move":
        return [{ kind: "move_extents", path }];
      case "reduce":
        return [{ kind: "reduce_group", path }];
      case "moving":
      case "next":
      case "refused":
      case undefined:
        return [];
    }
  });

/**
 * Those of the ledger, and the orphans too: an entry dropped by mistake may still have a pod that
 * waits for its volume after a reboot. What others made is left as it is.
 */
const inactiveVolumes = (
  spec: NodeLocalStorageSpec,
  group: VolumeGroup,
  volumes: Judgement["volumes"],
): string[] => {
  const named = new Set(spec.volumes.map(({ name }) => name));
  return group.logicalVolumes
    .filter(
      (volume) =>
        volume.visibility === "public" &&
        volume.activation === "inactive" &&
        volume.health === "whole" &&
        group.state !== "exported" &&
        identityOf(volume.tags) !== undefined &&
        (volumes.get(volume.name)?.kind === "activate" || !named.has(volume.name)),
    )
    .map(({ name }) => name);
};
