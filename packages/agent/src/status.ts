import type {
  Condition,
  NodeLocalStorage,
  NodeLocalStorageStatus,
  Orphan,
  VolumeStatus,
} from "@stowage/api";
import { groupOf } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { bytes, extentsFor, free, noBytes, reservedBytes } from "@stowage/capacity";
import type { Instant, Moment } from "@stowage/clock";
import type { PhysicalVolume, VolumeGroup } from "@stowage/lvm";
import { identityOf, LvmError, newTag, roomOf } from "@stowage/lvm";
import type { Failures } from "./failures.ts";
import type { GroupVerdict } from "./judge-group.ts";
import type { Judgement } from "./judge.ts";
import { roomsOf } from "./judge-growth.ts";
import { extentsOf, isVolumeOf, publicVolumes } from "./judge-volumes.ts";
import { additionFailure, listedDevices, statusOfDevices } from "./status-devices.ts";
import { statusOfVolume } from "./status-volumes.ts";

/** The whole status after a look that succeeded. */
export const statusOf = (
  object: NodeLocalStorage,
  judgement: Judgement,
  failures: Failures,
  now: Instant,
  moment: Moment,
): NodeLocalStorageStatus => {
  const { spec, metadata, status: previous } = object;
  const { group: verdict } = judgement;
  const group = verdict.kind === "ready" || verdict.kind === "frozen" ? verdict.group : undefined;
  const there = group === undefined ? undefined : publicVolumes(group);
  const volumes = spec.volumes.map((entry) => {
    const { name } = entry;
    const current = statusOfVolume(
      spec,
      entry,
      judgement.volumes.get(name),
      there?.get(name),
      failures,
      moment,
    );
    return there === undefined ? { ...sizeKept(name, object, verdict), ...current } : current;
  });
  const all = statusOfDevices(spec, judgement, failures, previous.devices);
  const { listed: devices, left } = listedDevices(spec, all);
  const status: NodeLocalStorageStatus = {
    observedGeneration: metadata.generation,
    conditions: conditionsAfter(
      previous.conditions,
      [readyCondition(judgement, failures), devicesCondition(badDevices(judgement, all), left)],
      metadata.generation,
      now,
    ),
    capacity: group?.size ?? noBytes,
    allocatable: group === undefined ? noBytes : allocatableOf(spec, group),
    ...(group === undefined ? {} : { extentSize: group.extentSize }),
    volumeCount: volumes.filter(({ state }) => state === "Ready").length,
    devices,
    volumes,
    orphans: group === undefined ? orphansKept(object, verdict) : orphansOf(spec, group),
  };
  return { ...status, free: free(groupOf({ ...object, status })) };
};

/**
 * The status when a look failed: what was known stands, for a failure to see is no sight. Only the
 * Ready condition says that it cannot be trusted.
 */
export const statusAfterFailedScan = (
  { metadata, status: previous }: NodeLocalStorage,
  why: { readonly reason: string; readonly message: string },
  now: Instant,
): NodeLocalStorageStatus => ({
  ...previous,
  conditions: conditionsAfter(
    previous.conditions,
    [{ type: "Ready", status: "False", ...why }],
    metadata.generation,
    now,
  ),
});

export const scanFailure = (error: unknown): { reason: string; message: string } => ({
  reason: "ScanFailed",
  message: error instanceof LvmError ? error.message : String(error),
});

/**
 * The group less what is reserved, less everything in it that spec.volumes does not name, less what
 * LVM may not allocate or only believes to be there; in whole extents. A named volume counts as others' with what it has beyond
 * its entry.
 */
const allocatableOf = (spec: NodeLocalStorage["spec"], group: VolumeGroup): Bytes => {
  const volumes = publicVolumes(group);
  const rooms = roomsOf(group);
  let named = 0;
  for (const entry of spec.volumes) {
    const volume = volumes.get(entry.name);
    if (volume === undefined || !isVolumeOf(entry, volume)) continue;
    // What is set aside for its growth was promised with the entry's size.
    const room = rooms.filter(({ tags }) => roomOf(tags) === entry.name);
    const has = [volume, ...room].reduce((total, one) => total + extentsOf(one, group), 0);
    named += Math.min(has, extentsFor(entry.size, group.extentSize));
  }
  const others = group.extents - group.freeExtents - named;
  const held = group.physicalVolumes.reduce(
    (total, device) => total + unusableExtents(device, group),
    0,
  );
  const reserved =
    spec.reserved === undefined
      ? 0
      : Math.ceil(reservedBytes(spec.reserved, group.size) / group.extentSize);
  return bytes(Math.max(0, group.extents - others - held - reserved) * group.extentSize);
};

/**
 * Free extents that LVM may not allocate, or that lie beyond the end of a device that shrank. LVM
 * would hand those out, and fail.
 */
const unusableExtents = (device: PhysicalVolume, { extentSize }: VolumeGroup): number => {
  const { allocation, presence, extents, allocatedExtents, deviceSize, dataStart } = device;
  const unused = extents - allocatedExtents;
  if (allocation === "held" || presence === "missing") return unused;
  const there = Math.max(0, Math.floor((deviceSize - dataStart) / extentSize));
  return Math.min(unused, Math.max(0, extents - there));
};

const orphanLimit = 1000;

const orphansOf = (spec: NodeLocalStorage["spec"], group: VolumeGroup): Orphan[] => {
  const entries = new Map(spec.volumes.map((entry) => [entry.name, entry]));
  const orphans: Orphan[] = [];
  for (const volume of publicVolumes(group).values()) {
    const identity = identityOf(volume.tags);
    const entry = entries.get(volume.name);
    if (identity === undefined || (entry !== undefined && isVolumeOf(entry, volume))) continue;
    orphans.push({
      name: volume.name,
      size: volume.size,
      ...(identity.claim === undefined ? {} : { claim: identity.claim }),
      ...(volume.tags.includes(newTag) ? { state: "Unfinished" } : {}),
    });
  }
  return orphans.slice(0, orphanLimit);
};

/**
 * What was last known of a group that is not seen: that a volume is not among the orphans would be
 * taken for proof that it is gone. One whose entry has left spec meanwhile is an orphan too.
 */
const orphansKept = (
  { spec, status: previous }: NodeLocalStorage,
  verdict: GroupVerdict,
): Orphan[] => {
  if (isGone(verdict)) return [];
  const named = new Set(spec.volumes.map(({ name }) => name));
  const known = previous.orphans.filter(({ name }) => !named.has(name));
  const listed = new Set(known.map(({ name }) => name));
  const dropped = previous.volumes.flatMap(({ name, size, state }): Orphan[] =>
    size === undefined || state === "Deleted" || named.has(name) || listed.has(name)
      ? []
      : [{ name, size }],
  );
  return [...known, ...dropped].slice(0, orphanLimit);
};

/** The size of a volume whose group is not seen: without it, it could not become an orphan. */
const sizeKept = (
  name: string,
  { status: previous }: NodeLocalStorage,
  verdict: GroupVerdict,
): Pick<VolumeStatus, "size"> => {
  const before = previous.volumes.find((volume) => volume.name === name);
  return isGone(verdict) || before?.size === undefined ? {} : { size: before.size };
};

/** Whether there surely is no group, so that nothing of it can be left. */
const isGone = ({ kind }: GroupVerdict): boolean => kind === "to_be_made" || kind === "none";

type NewCondition = Pick<Condition, "type" | "status" | "reason" | "message">;

const readyCondition = (
  { group, shortage, notes, devices }: Judgement,
  failures: Failures,
): NewCondition => {
  if (shortage !== undefined) return { type: "Ready", status: "False", ...shortage };
  if (group.kind === "ready") {
    const unmarked = failures.get("mark_group")?.error.message;
    const message = [
      "takes volumes",
      ...notes,
      ...(unmarked === undefined ? [] : [`it could not be marked as this node's: ${unmarked}`]),
    ].join("; ");
    return { type: "Ready", status: "True", reason: "GroupReady", message };
  }
  if (group.kind === "to_be_made") {
    const [failure] = devices.flatMap(({ path }) => additionFailure(path, failures) ?? []);
    return {
      type: "Ready",
      status: "False",
      reason: failure === undefined ? "GroupPending" : "GroupNotMade",
      message: failure?.error.message ?? "the volume group is being made",
    };
  }
  return { type: "Ready", status: "False", reason: group.reason, message: group.message };
};

/**
 * Those that somebody named and that are not used, and those that are away. A disk that only matches
 * is listed with its reason, but not being empty is no fault of it.
 */
const badDevices = (
  { devices: verdicts }: Judgement,
  devices: NodeLocalStorageStatus["devices"],
): NodeLocalStorageStatus["devices"] => {
  const matched = new Set(
    verdicts.filter(({ origin }) => origin === "matched").map(({ path }) => path),
  );
  return devices.filter(
    ({ path, state }) => state === "Missing" || (state === "Refused" && !matched.has(path)),
  );
};

const messageLimit = 4096;

const devicesCondition = (bad: NodeLocalStorageStatus["devices"], left: number): NewCondition => {
  const [first] = bad;
  const more = left === 0 ? "" : `${left} more devices are not listed in status.devices`;
  if (first === undefined) {
    return { type: "DevicesReady", status: "True", reason: "AllInUse", message: more };
  }
  return {
    type: "DevicesReady",
    status: "False",
    reason: first.reason ?? "Missing",
    message: [more, ...bad.map(({ path, message }) => `${path} ${message}`)]
      .filter((text) => text !== "")
      .join("; "),
  };
};

/** A condition keeps its lastTransitionTime for as long as its status stays. Source: KEP-1623. */
const conditionsAfter = (
  previous: readonly Condition[],
  next: readonly NewCondition[],
  observedGeneration: number,
  now: Instant,
): Condition[] => {
  const kept = previous.filter(({ type }) => next.every((condition) => condition.type !== type));
  const changed = next.map((condition): Condition => {
    const before = previous.find(({ type }) => type === condition.type);
    return {
      ...condition,
      message: condition.message.slice(0, messageLimit),
      lastTransitionTime:
        before?.status === condition.status ? before.lastTransitionTime : timeText(now),
      observedGeneration,
    };
  });
  return [...changed, ...kept];
};

/** As Kubernetes writes times: RFC 3339 in whole seconds. */
const timeText = (now: Instant): string => `${new Date(now).toISOString().slice(0, 19)}Z`;
