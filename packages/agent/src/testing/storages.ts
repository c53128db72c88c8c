import { mib } from "@stowage/capacity";
import { FakeStorage } from "./fake-storage.ts";

/** 1 GiB less LVM's own 5 MiB, in whole extents. */
export const room = mib(1016);
export const disk = "/dev/disk/by-id/a";

/** What writes to a group when a volume for a file system is made, by name. */
export const making = ["lvcreate", "blkdiscard", "blkdiscard", "lvchange"];

/** A node with one empty disk of 1 GiB, for which nothing is wished. */
export const withDisk = (): FakeStorage => {
  const storage = new FakeStorage();
  storage.node.addDevice(disk, 1024);
  return storage;
};

/** A node whose disk is a group already, and what that took forgotten. */
export const withGroup = async (): Promise<FakeStorage> => {
  const storage = withDisk();
  storage.wish({ devices: [disk] });
  await storage.reconcile();
  storage.node.ran.length = 0;
  storage.written.length = 0;
  return storage;
};
