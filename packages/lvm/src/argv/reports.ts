import type { Command } from "../command.ts";
import { groupLane, hostLane } from "../command.ts";
import { confinedTo, pinnedForReads, success } from "./lvm-command.ts";

const reportFields = {
  vg: "vg_name,vg_uuid,vg_size,vg_extent_size,vg_extent_count,vg_free_count,vg_attr,vg_missing_pv_count,vg_tags,vg_mda_free,vg_systemid,vg_lock_type",
  pv: "pv_name,pv_uuid,pv_size,dev_size,pv_major,pv_minor,pv_attr,pv_missing,pv_pe_count,pv_pe_alloc_count,pe_start,pv_tags",
  lv: "lv_name,lv_uuid,lv_size,lv_attr,lv_tags,lv_layout,origin,pool_lv,lv_kernel_major,lv_kernel_minor,lv_active,lv_device_open,lv_skip_activation,copy_percent,move_pv",
  pvseg: "pvseg_size",
  seg: "lv_name,seg_pe_ranges",
};

/**
 * The report alone goes to the standard output. By itself LVM writes some of its messages between the
 * report's lines, such as that it reads damaged metadata again. Source: lvm(8), LVM_REPORT_FD.
 */
const reportApart = { LVM_REPORT_FD: "1", LVM_OUT_FD: "2" };

const fullreport = (lane: string, args: readonly string[]): Command => ({
  name: "fullreport",
  file: "lvm",
  args: [
    "fullreport",
    "--reportformat=json",
    "--units=b",
    "--nosuffix",
    "--all",
    // Without these two LVM tells nothing at all of such groups, as if their devices were none of its.
    "--foreign",
    "--shared",
    pinnedForReads,
    ...Object.entries(reportFields).flatMap(([report, fields]) => [
      `--configreport=${report}`,
      `--options=${fields}`,
    ]),
    ...args,
  ],
  variables: reportApart,
  access: "read",
  answers: success,
  lane,
});

/** All that LVM knows of these devices and of the groups on them. */
export const reportDevices = (volumeGroup: string, devices: readonly string[]): Command =>
  fullreport(groupLane(volumeGroup), confinedTo(devices));

/**
 * The same of all devices of the host where a group may lie: waits for the slowest disk of all, and so
 * in a lane of its own.
 */
export const reportHost = (devices: readonly string[]): Command =>
  fullreport(hostLane, confinedTo(devices));

/** The name by which LVM knows this host, if it has one. Source: lvmsystemid(7). */
export const readSystemId = (volumeGroup: string): Command => ({
  name: "systemid",
  file: "lvm",
  args: ["systemid", pinnedForReads],
  access: "read",
  answers: success,
  lane: groupLane(volumeGroup),
});
