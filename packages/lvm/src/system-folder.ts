import { mkdirSync } from "node:fs";

/** The host's own, seen through the root of its first process: the same for every LVM of the host. */
const ofHost = "/proc/1/root/etc/lvm";

/** Of a host that has no /etc/lvm, and on whose read-only /etc none can be made. */
const ofRun = "/run/lvm/stowage";

/**
 * Where an LVM in an image finds its configuration and keeps copies of metadata, for LVM_SYSTEM_DIR.
 * LVM makes the folder, and without one it does nothing at all.
 */
export const systemFolder = (
  make: (path: string) => void = (path) => mkdirSync(path, { recursive: true }),
): string => {
  try {
    make(ofHost);
    return ofHost;
  } catch {
    return ofRun;
  }
};
