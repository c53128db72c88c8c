import type { Bytes, Extents } from "@stowage/capacity";
import { bytes } from "@stowage/capacity";
import { z } from "zod";
import { LvmError } from "./errors.ts";

/*
 * `lvm fullreport --reportformat json --units b --nosuffix --all` as a model. The fields asked for
 * stand in argv/reports.ts; what they mean in vgs(8), pvs(8), lvs(8) and `lvm pvs -o help`.
 */

export type PhysicalVolume = {
  readonly path: string;
  readonly uuid: string;
  /** "major:minor" of the device, by which it is known whatever its path. */
  readonly deviceNumber: string;
  readonly size: Bytes;
  readonly deviceSize: Bytes;
  readonly presence: "present" | "missing";
  /** Held: an admin keeps LVM from allocating there (pvchange --allocatable n). */
  readonly allocation: "allocatable" | "held";
  /** Claimed: part of a group, though LVM may see no metadata that says of which. */
  readonly membership: "claimed" | "none";
  readonly extents: Extents;
  readonly allocatedExtents: Extents;
  /** Where its first extent begins. */
  readonly dataStart: Bytes;
  readonly tags: readonly string[];
};

/**
 * Whether the device is on the node, whatever the group's metadata says of it: the name of one that
 * is away is "[unknown]", and its numbers are another's or none.
 */
export const isOnNode = ({ path }: PhysicalVolume): boolean => path.startsWith("/dev/");

export type LogicalVolume = {
  readonly name: string;
  readonly uuid: string;
  readonly size: Bytes;
  readonly tags: readonly string[];
  /** Internal: a part of another volume, which LVM shows in brackets. */
  readonly visibility: "public" | "internal";
  /**
   * Suspended: whoever reads or writes it waits, or finds no table behind its device. Only a command
   * that was killed half-way leaves it so, and `lvchange --refresh` ends it.
   */
  readonly activation: "active" | "suspended" | "inactive";
  /** Unknown while inactive. */
  readonly use: "open" | "closed" | "unknown";
  /** Partial: lies on a device that is missing. */
  readonly health: "whole" | "partial";
  readonly layout: readonly string[];
  /** "major:minor" of its device; undefined while inactive. */
  readonly deviceNumber: string | undefined;
  /** The volume that this one is a snapshot of. */
  readonly origin: string | undefined;
  /** The pool that it lies in, or that caches it. */
  readonly pool: string | undefined;
  /** Skipped: a flag on the volume makes LVM activate it only when told to ignore the flag. */
  readonly activationFlag: "none" | "skipped";
  /** Where its extents lie, "/dev/sda:0-24", as LVM takes them for a command; in no certain order. */
  readonly extentRanges: readonly string[];
  /** A move of pvmove's under way: from which device, and how much of it is done. */
  readonly move: { readonly from: string; readonly percent: number } | undefined;
};

export type VolumeGroup = {
  readonly name: string;
  readonly uuid: string;
  readonly size: Bytes;
  readonly extentSize: Bytes;
  readonly extents: Extents;
  readonly freeExtents: Extents;
  readonly state: "usable" | "exported" | "read_only";
  readonly missingDevices: number;
  /** The host that it belongs to by LVM's own account; undefined where any host may use it. */
  readonly systemId: string | undefined;
  /** "sanlock", "dlm", "clvm": a group that several hosts may use at once. */
  readonly lockType: string | undefined;
  readonly tags: readonly string[];
  /** Room for more metadata: what the smallest metadata area can still take. */
  readonly metadataFree: Bytes;
  readonly physicalVolumes: readonly PhysicalVolume[];
  readonly logicalVolumes: readonly LogicalVolume[];
};

export type Report = {
  readonly groups: readonly VolumeGroup[];
  /** Physical volumes of which LVM knows no group. */
  readonly loneDevices: readonly PhysicalVolume[];
};

const count = z
  .string()
  .regex(/^\d+$/)
  .transform((text) => Number(text));
const size = count.transform((number) => bytes(number));
const extents = count.transform((number) => number as Extents);
const word = z.string().transform((text) => (text === "" ? undefined : text));
const words = z.string().transform((text) => (text === "" ? [] : text.split(",")));

const pvRow = z.object({
  pv_name: z.string(),
  pv_uuid: z.string(),
  pv_size: size,
  dev_size: size,
  pv_major: z.string(),
  pv_minor: z.string(),
  pv_attr: z.string().min(3),
  pv_missing: z.string(),
  pv_pe_count: extents,
  pv_pe_alloc_count: extents,
  pe_start: size,
  pv_tags: words,
});

const lvRow = z.object({
  lv_name: z.string(),
  lv_uuid: z.string(),
  lv_size: size,
  lv_attr: z.string().min(9),
  lv_tags: words,
  lv_layout: words,
  origin: word,
  pool_lv: word.optional(),
  // Kernel numbers are -1 of what is inactive.
  lv_kernel_major: z.string(),
  lv_kernel_minor: z.string(),
  lv_skip_activation: z.string(),
  lv_active: z.string(),
  lv_device_open: z.string(),
  copy_percent: z.string().transform((text) => (text === "" ? 0 : Number(text))),
  move_pv: z.string(),
});

const segmentRow = z.object({
  lv_name: z.string().default(""),
  seg_pe_ranges: z
    .string()
    .default("")
    .transform((text) => text.split(" ").filter((range) => range !== "")),
});

const vgRow = z.object({
  vg_name: z.string(),
  vg_uuid: z.string(),
  vg_size: size,
  vg_extent_size: size,
  vg_extent_count: extents,
  vg_free_count: extents,
  vg_attr: z.string().min(4),
  vg_missing_pv_count: count,
  vg_tags: words,
  vg_mda_free: size,
  vg_systemid: word,
  vg_lock_type: word,
});

const fullReport = z.object({
  report: z.array(
    z.object({
      vg: z.array(vgRow).default([]),
      pv: z.array(pvRow).default([]),
      lv: z.array(lvRow).default([]),
      seg: z.array(segmentRow).default([]),
    }),
  ),
});

/** @throws LvmError `report_invalid` */
export const parseReport = (text: string): Report => {
  const { report } = parsed(text);
  const groups: VolumeGroup[] = [];
  const loneDevices: PhysicalVolume[] = [];
  for (const { vg, pv, lv, seg } of report) {
    const [group] = vg;
    if (group === undefined) loneDevices.push(...pv.map(physicalVolume));
    else groups.push(volumeGroup(group, pv, lv, rangesOf(seg)));
  }
  return { groups, loneDevices };
};

const parsed = (text: string): z.output<typeof fullReport> => {
  try {
    return fullReport.parse(readJson(text));
  } catch (error) {
    throw new LvmError("report_invalid", {
      command: "fullreport",
      detail: error instanceof z.ZodError ? z.prettifyError(error) : String(error),
      cause: error,
    });
  }
};

const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(escaped(text));
  }
};

/**
 * Tags and names of damaged or hostile metadata hold any byte, and of those LVM escapes the quote
 * alone. Source: lvm2, libdm/libdm-report.c, _safe_repstr_output.
 */
const escaped = (text: string): string =>
  text.replaceAll(/"(?:[^"\\]|\\"|\\)*"/g, (quoted) =>
    quoted
      .replaceAll(/\\(?!")/g, "\\\\")
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u001f]/g, (control) => JSON.stringify(control).slice(1, -1)),
  );

const volumeGroup = (
  row: z.output<typeof vgRow>,
  devices: readonly z.output<typeof pvRow>[],
  volumes: readonly z.output<typeof lvRow>[],
  ranges: ReadonlyMap<string, readonly string[]>,
): VolumeGroup => ({
  name: row.vg_name,
  uuid: row.vg_uuid,
  size: row.vg_size,
  extentSize: row.vg_extent_size,
  extents: row.vg_extent_count,
  freeExtents: row.vg_free_count,
  // vg_attr: permissions, resizeable, exported, partial, allocation policy, clustered (vgs(8)).
  state: row.vg_attr[2] === "x" ? "exported" : row.vg_attr.startsWith("r") ? "read_only" : "usable",
  missingDevices: row.vg_missing_pv_count,
  systemId: row.vg_systemid,
  // vg_attr, sixth letter: (c)lustered or (s)hared (vgs(8)).
  lockType: row.vg_lock_type === "none" ? undefined : (row.vg_lock_type ?? lockTypeOf(row.vg_attr)),
  tags: row.vg_tags,
  metadataFree: row.vg_mda_free,
  physicalVolumes: devices.map(physicalVolume),
  logicalVolumes: volumes.map((volume) => logicalVolume(volume, ranges.get(volume.lv_name) ?? [])),
});

const rangesOf = (
  segments: readonly z.output<typeof segmentRow>[],
): ReadonlyMap<string, readonly string[]> => {
  const ranges = new Map<string, string[]>();
  for (const { lv_name: name, seg_pe_ranges: more } of segments) {
    ranges.set(name, [...(ranges.get(name) ?? []), ...more]);
  }
  return ranges;
};

const lockTypeOf = (attributes: string): string | undefined =>
  attributes[5] === "c" ? "clvm" : attributes[5] === "s" ? "shared" : undefined;

const physicalVolume = (row: z.output<typeof pvRow>): PhysicalVolume => ({
  path: row.pv_name,
  uuid: row.pv_uuid,
  deviceNumber: `${row.pv_major}:${row.pv_minor}`,
  size: row.pv_size,
  deviceSize: row.dev_size,
  presence: row.pv_missing === "" ? "present" : "missing",
  // pv_attr: (d)uplicate, (a)llocatable or (u)sed but in no known group; exported; missing.
  allocation: row.pv_attr.startsWith("a") ? "allocatable" : "held",
  membership: row.pv_attr.startsWith("-") ? "none" : "claimed",
  extents: row.pv_pe_count,
  allocatedExtents: row.pv_pe_alloc_count,
  dataStart: row.pe_start,
  tags: row.pv_tags,
});

const logicalVolume = (
  row: z.output<typeof lvRow>,
  extentRanges: readonly string[],
): LogicalVolume => {
  const internal = /^\[(?<name>.*)\]$/.exec(row.lv_name)?.groups?.["name"];
  return {
    name: internal ?? row.lv_name,
    uuid: row.lv_uuid,
    size: row.lv_size,
    tags: row.lv_tags,
    visibility: internal === undefined ? "public" : "internal",
    activation: row.lv_active === "active" ? activationOf(row.lv_attr) : "inactive",
    use: row.lv_device_open === "open" ? "open" : row.lv_device_open === "" ? "closed" : "unknown",
    // lv_attr, ninth letter: volume health (lvs(8)).
    health: row.lv_attr[8] === "p" ? "partial" : "whole",
    layout: row.lv_layout,
    deviceNumber:
      Number(row.lv_kernel_major) < 0 ? undefined : `${row.lv_kernel_major}:${row.lv_kernel_minor}`,
    origin: row.origin,
    pool: row.pool_lv,
    activationFlag: row.lv_skip_activation === "" ? "none" : "skipped",
    extentRanges,
    move: row.move_pv === "" ? undefined : { from: row.move_pv, percent: row.copy_percent },
  };
};

/**
 * lv_attr, fifth letter: state (lvs(8)). (d), and (X) of LVM 2.03.16: a device without a table; (i):
 * its table is not in use yet. LVM calls all of these active.
 */
const activationOf = (attr: string): "active" | "suspended" =>
  /[sdiX]/.test(attr[4] ?? "") ? "suspended" : "active";

/** What `lvm systemid` prints; undefined for a host without a system ID. */
export const parseSystemId = (text: string): string | undefined => {
  const id = /^\s*system ID:(?<id>.*)$/m.exec(text)?.groups?.["id"]?.trim() ?? "";
  return id === "" ? undefined : id;
};
