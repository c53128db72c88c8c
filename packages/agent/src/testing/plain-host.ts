import type { HostSeen } from "../host.ts";

/** A host with a new LVM and no setting of its own. */
export const plainHost: HostSeen = {
  lvmVersion: "2.03.16(2)",
  confinement: "devices",
  udev: "waits",
  devicesFile: "unused",
  lvmlockd: "unused",
  systemIdSource: "none",
  volumeList: undefined,
  archiveFolder: "/etc/lvm/archive",
  archiveTrouble: undefined,
};
