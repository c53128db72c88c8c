import type { Output } from "@stowage/lvm";
import type { Parsed } from "./fake-command-line.ts";
import { succeeded } from "./fake-command-line.ts";
import type { FakeDevice, FakeDisks, FakeGroup, FakeVolume } from "./fake-disks.ts";
import { extentsOn, extentSize, labelSize } from "./fake-disks.ts";
import { numberOf } from "./kernel/fake-kernel.ts";
import { kernelNameOf } from "./kernel/fake-names.ts";

/** What `lvm fullreport` tells of the devices that it may see. */
export const fullreport = (disks: FakeDisks, { options }: Parsed): Output => {
  const confined = options.get("devices")?.map((path) => disks.present(path)?.path);
  const isAsked = (device: FakeDevice): boolean =>
    device.presence !== "missing" &&
    (confined?.includes(device.path) ?? device.filter !== "hidden");
  const visible = (device: FakeDevice): boolean =>
    [device, ...disks.devices.filter(({ copyOf }) => copyOf === device.path)].some(isAsked);
  /** The device on which LVM takes what is on `device` to lie. */
  const chosen = (device: FakeDevice): FakeDevice => {
    const copy = disks.devices.find((other) => other.copyOf === device.path && isAsked(other));
    return copy === undefined ? device : { ...copy, uuid: device.uuid, group: device.group };
  };
  const report = disks.groups
    .filter(({ uuid }) => disks.devices.some((d) => d.group === uuid && visible(d)))
    .map((group) => reportGroup(disks, group, visible, chosen));
  const lone = disks.devices.filter(
    (device) =>
      device.group === undefined &&
      device.copyOf === undefined &&
      device.signatures.includes("LVM2_member") &&
      isAsked(device),
  );
  const rows = lone.map((device) => reportDevice(device, 0));
  return succeeded(JSON.stringify({ report: [...report, { pv: rows }] }));
};

const reportGroup = (
  disks: FakeDisks,
  group: FakeGroup,
  visible: (device: FakeDevice) => boolean,
  chosen: (device: FakeDevice) => FakeDevice,
): object => {
  const devices = disks.devices.filter((device) => device.group === group.uuid);
  const extents = devices.reduce((total, device) => total + extentsOn(device), 0);
  const missing = devices.filter((device) => !visible(device)).length;
  return {
    vg: [
      {
        vg_name: group.name,
        vg_uuid: `uuid-${group.uuid}`,
        vg_size: `${extents * extentSize}`,
        vg_extent_size: `${extentSize}`,
        vg_extent_count: `${extents}`,
        vg_free_count: `${disks.freeExtents(group)}`,
        vg_attr: `wz${group.state === "exported" ? "x" : "-"}${missing > 0 ? "p" : "-"}n-`,
        vg_missing_pv_count: `${missing}`,
        vg_tags: group.tags.join(","),
        vg_systemid: group.systemId ?? "",
        vg_lock_type: group.lockType ?? "",
        vg_mda_free: `${group.metadataFree ?? 1024 ** 2}`,
      },
    ],
    pv: devices.map((device) =>
      reportDevice(
        chosen(device),
        disks.allocatedOn(device),
        visible(device) ? "present" : "missing",
      ),
    ),
    lv: [...rowsOfVolumes(group), ...rowsOfMove(disks, group)],
    seg: group.volumes.map((volume) => ({
      lv_name: volume.name,
      seg_pe_ranges: volume.places
        .map(({ device, extent }) => {
          const found = devices.find(({ uuid }) => uuid === device);
          return `${found === undefined ? "[unknown]" : kernelNameOf(found)}:${extent}-${extent}`;
        })
        .join(" "),
    })),
  };
};

const rowsOfVolumes = (group: FakeGroup): object[] =>
  group.volumes.map((volume) => ({
    lv_name: volume.name,
    lv_uuid: `uuid-${volume.name}`,
    lv_size: `${volume.extents * extentSize}`,
    lv_attr: attributesOf(group, volume),
    lv_tags: volume.tags.join(","),
    lv_layout: volume.layout ?? "linear",
    origin: volume.origin ?? "",
    pool_lv: volume.pool ?? "",
    lv_kernel_major: volume.activation === "inactive" ? "-1" : "254",
    lv_kernel_minor: volume.activation === "inactive" ? "-1" : `${volume.minor}`,
    lv_skip_activation: volume.activationFlag === "skipped" ? "skip activation" : "",
    lv_active: volume.activation === "inactive" ? "" : "active",
    copy_percent: "",
    move_pv: "",
    lv_device_open: volume.activation === "inactive" ? "unknown" : openWord[volume.use],
  }));

/** Kind, permissions, policy, fixed number, state, open, kind of target (lvs(8)). */
const attributesOf = (group: FakeGroup, volume: FakeVolume): string => {
  const { name, origin, activation, use } = volume;
  const isOrigin = group.volumes.some((other) => other.origin === name);
  const kind = isOrigin ? "o" : origin === undefined ? "-" : "s";
  const state = { active: "a", suspended: "s", inactive: "-" }[activation];
  const open = activation === "inactive" || use === "closed" ? "-" : "o";
  return `${kind}wi-${state}${open}${kind === "-" ? "-" : "s"}---`;
};

/** As LVM shows the copy under way: a volume of its own, which no one else sees. */
const rowsOfMove = (disks: FakeDisks, { halfwayFrom = "" }: FakeGroup): object[] => {
  const device = disks.present(halfwayFrom);
  return device === undefined
    ? []
    : [
        {
          lv_name: "[pvmove0]",
          lv_uuid: "uuid-pvmove0",
          lv_size: `${extentSize}`,
          lv_attr: "p-C-aom---",
          lv_tags: "",
          lv_layout: "mirror",
          origin: "",
          lv_kernel_major: "254",
          lv_kernel_minor: "7",
          lv_skip_activation: "",
          lv_active: "active",
          copy_percent: "100.00",
          move_pv: kernelNameOf(device),
          lv_device_open: "open",
        },
      ];
};

const openWord = { open: "open", closed: "" } as const;

const reportDevice = (
  device: FakeDevice,
  allocated: number,
  presence: "present" | "missing" = "present",
): object => {
  const there = presence === "present";
  const attribute = device.group === undefined ? "-" : device.allocation === "held" ? "u" : "a";
  return {
    pv_name: there ? kernelNameOf(device) : "[unknown]",
    pv_uuid: device.uuid,
    pv_size: `${extentsOn(device) * extentSize}`,
    dev_size: there ? `${device.size}` : "0",
    pv_major: `${there ? numberOf(device)[0] : 0}`,
    pv_minor: `${there ? numberOf(device)[1] : 0}`,
    pv_attr: `${attribute}--`,
    pv_missing: there ? "" : "missing",
    pv_pe_count: `${extentsOn(device)}`,
    pv_pe_alloc_count: `${allocated}`,
    pe_start: `${labelSize}`,
    pv_tags: device.tags.join(","),
  };
};
