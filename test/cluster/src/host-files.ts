import { kernelNameOf, linkOf } from "./disk-names.ts";
import type { HostKind } from "./host-kinds.ts";
import type { NodeRecord } from "./state-folder.ts";

/** LVM where no udev runs, lvm.conf(5). */
const withoutUdev = `activation { udev_sync=0 udev_rules=0 }
devices { obtain_device_list_from_udev=0 use_devicesfile=0 }
`;

/** As Debian configures it, written down: what is not here has its default. */
const withUdev = (devices: string): string => `activation { udev_sync=1 udev_rules=1 }
global { use_lvmpolld=1 event_activation=1 }
devices { ${devices} }
`;

/** What the installer of a distribution writes for the disk that the host is installed on. */
const devicesFile = `# LVM uses devices listed in this file.
VERSION=1.1.1
IDTYPE=sys_wwid IDNAME=naa.5000c500a1b2c3d4 DEVNAME=/dev/sdz2 PVID=kR2JW4mXc3vYp0aTq9uLh8sNe7dFb6Gz PART=2
`;

/** Shuts out the second disk. LVM rejects a device if one of its names is, and none is accepted. */
const filter = ({ name, disks }: NodeRecord): string => {
  const [, second] = disks;
  const names = second === undefined ? [] : [kernelNameOf(second, disks), linkOf(name, second)];
  const patterns = names.map((one) => `"r|^${one}(-part|p)?[0-9]*$|"`).join(", ");
  return `filter=[${patterns}] global_filter=[${patterns}]`;
};

const lvmFiles = (node: NodeRecord): Readonly<Record<string, string>> => {
  switch (node.host) {
    case "plain":
      return { "lvm.conf": withoutUdev };
    case "udev":
    case "readonly":
      return { "lvm.conf": withUdev("use_devicesfile=0") };
    case "rhel":
      return {
        "lvm.conf": withUdev("use_devicesfile=1"),
        "devices/system.devices": devicesFile,
      };
    case "filtered":
      return { "lvm.conf": withUdev(`use_devicesfile=0 ${filter(node)}`) };
  }
};

/**
 * Links to ubd's disks by their serial numbers, as udev's own rules make them of virtio's. A disk
 * without one reads "(null)".
 */
const udevRules = `ACTION=="remove", GOTO="ubd_end"
SUBSYSTEM!="block", GOTO="ubd_end"
KERNEL!="ubd*", GOTO="ubd_end"
ENV{DEVTYPE}=="disk", ATTR{serial}!="(null)", ENV{ID_SERIAL}="$attr{serial}", SYMLINK+="disk/by-id/virtio-$env{ID_SERIAL}"
ENV{DEVTYPE}=="partition", IMPORT{parent}="ID_SERIAL"
ENV{DEVTYPE}=="partition", ENV{ID_SERIAL}=="?*", SYMLINK+="disk/by-id/virtio-$env{ID_SERIAL}-part%n"
LABEL="ubd_end"
`;

/**
 * For LVM_SYSTEM_DIR: LVM as of an admin who looks past the host's devices file and filters, sees
 * every disk of the node, and can write its archive.
 */
const wholeLvm = "/run/stowage/node/lvm-whole";

/** What an admin who wants to see every disk of such a host sets for LVM's commands. */
export const wholeLvmOf = (host: HostKind): Readonly<Record<string, string>> =>
  hindering.has(host) ? { LVM_SYSTEM_DIR: wholeLvm } : {};

/** Hosts whose own configuration hides disks from LVM, or keeps it from writing its archive. */
const hindering: ReadonlySet<HostKind> = new Set(["rhel", "filtered", "readonly"]);

/** What makes a node its kind of host, by file name: node-init.sh copies lvm/ to /etc/lvm. */
export const hostFiles = (node: NodeRecord): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(
    Object.entries(lvmFiles(node)).map(([name, text]) => [`lvm/${name}`, text]),
  ),
  ...(node.host === "plain"
    ? {}
    : { "60-ubd.rules": udevRules, "lvm-whole/lvm.conf": withUdev("use_devicesfile=0") }),
});
