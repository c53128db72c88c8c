import type { DeviceMatch } from "@stowage/api";
import type { BlockDevice } from "@stowage/lvm";

/** The buses on which disks of the machine itself hang. */
const localTransports: ReadonlySet<string> = new Set(["nvme", "sata", "sas", "ata"]);

/** Block devices that another driver or another host fills, by their kernel names. */
const notDisks = /^\/dev\/(rbd|drbd|zd|pmem|bcache|nbd|dasd)\d|^\/dev\/mmcblk\d+(boot|rpmb)/;

/**
 * Disks that a cloud, a hypervisor or another storage driver attaches and takes away, by vendor and
 * model: Amazon, Google, Azure and VMware, Alibaba, Oracle, LIO and the targets of OpenEBS and
 * Longhorn, Nutanix.
 */
const attachedByOthers =
  /Elastic Block Stor|PersistentDisk|nvme_card-pd|Virtual Disk|MSFT NVMe Accelerator|BlockVolume|LIO-ORG|VIRTUAL-DISK|OpenEBS|Longhorn|NUTANIX|VDISK/i;

/**
 * Why a disk that a match without paths found may be another driver's or another node's, in words;
 * undefined for one that is surely local. What the match asks for by name is taken at its word.
 */
export const doubtOf = (
  { paths, transports, models }: DeviceMatch,
  device: BlockDevice,
  places: ReadonlyMap<string, string>,
): string | undefined => {
  if (paths !== undefined) return undefined;
  const { kernelName, transport, removal } = device;
  if (notDisks.test(kernelName)) return "is a device of another driver's";
  if (removal === "removable") return "is removable";
  const make = [device.vendor, device.model].filter((text) => text !== undefined).join(" ");
  if (models === undefined && attachedByOthers.test(make)) {
    return `is a ${make}, which is attached from elsewhere`;
  }
  if (transports === undefined && !localTransports.has(transport ?? "")) {
    return `hangs on ${transport ?? "a bus that the kernel does not name"}, which is none of ${[...localTransports].join(", ")}`;
  }
  return transport === "nvme" && !isOnPci(kernelName, places)
    ? "is NVMe, but hangs on no PCIe of this machine"
    : undefined;
};

/**
 * NVMe over a network looks like any other. With its own multipathing the kernel hides the
 * controllers' devices, nvme0c0n1, behind nvme0n1: each of them has to be local.
 */
const isOnPci = (kernelName: string, places: ReadonlyMap<string, string>): boolean => {
  const own = places.get(kernelName) ?? "";
  const [, controller, namespace] = /^\/dev\/nvme(\d+)n(\d+)$/.exec(kernelName) ?? [];
  const path = new RegExp(`^/dev/nvme${controller}c\\d+n${namespace}$`);
  const hidden = [...places].flatMap(([name, place]) => (path.test(name) ? [place] : []));
  const all = hidden.length > 0 ? hidden : [own];
  return all.every((place) => /\/pci[0-9a-f]/.test(place) && !place.includes("/nvme-fabrics/"));
};
