import { access, constants, statfs } from "node:fs/promises";
import path from "node:path";
import { ClusterError } from "./errors.ts";

/** Programs of the host that the cluster uses, with the Debian package that brings each. */
const programs: Readonly<Record<string, string>> = {
  "linux.uml": "user-mode-linux",
  ip: "iproute2",
  nft: "nftables",
  openssl: "openssl",
  gcc: "gcc",
  perl: "perl",
  "mkfs.ext4": "e2fsprogs",
  busybox: "busybox-static",
  runc: "runc",
  lvm: "lvm2",
  sfdisk: "fdisk",
  udevadm: "udev",
};

const isInPath = async (program: string): Promise<boolean> => {
  for (const folder of (process.env["PATH"] ?? "").split(":")) {
    try {
      await access(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      continue;
    }
  }
  return false;
};

const mebibyte = 1024 ** 2;

/** What a node with Stowage and some Pods touches of its memory, which is a file in /dev/shm. */
const touchedOfNode = 512 * mebibyte;

const lackOfSharedMemory = async (nodes: number): Promise<string[]> => {
  const { bavail, bsize } = await statfs("/dev/shm");
  const need = nodes * touchedOfNode;
  if (bavail * bsize >= need) return [];
  const size = Math.ceil(need / mebibyte);
  return [
    `${size} MiB free in /dev/shm for the memory of ${nodes} nodes, of which it has ${Math.floor((bavail * bsize) / mebibyte)} (mount -o remount,size=<more> /dev/shm)`,
  ];
};

/**
 * That this machine can run a cluster of so many nodes.
 * @throws ClusterError `host_unsuitable` that names everything that is missing at once.
 */
export const checkHost = async (nodes: number): Promise<void> => {
  const missing: string[] = [];
  if (process.platform !== "linux" || process.arch !== "x64") {
    missing.push(`Linux on x86_64 (this is ${process.platform} on ${process.arch})`);
  }
  if (process.getuid?.() !== 0) missing.push("root, for network namespaces");
  for (const [program, origin] of Object.entries(programs)) {
    if (!(await isInPath(program))) missing.push(`${program} (Debian package ${origin})`);
  }
  if (process.platform === "linux") missing.push(...(await lackOfSharedMemory(nodes)));
  if (missing.length === 0) return;
  throw new ClusterError(
    "host_unsuitable",
    `the test cluster needs ${missing.join(", ")}; test/cluster/setup.sh installs what is missing on Debian 12`,
  );
};
