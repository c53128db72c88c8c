import { createHash } from "node:crypto";

/** What was written and acknowledged after an fsync: it must be there for as long as its claim is. */
export type Written = {
  /** The line that it repeats. */
  readonly token: string;
  readonly mebibytes: number;
  /** A file's name, or how many MiB into the device it begins. */
  readonly place: { readonly file: string } | { readonly offset: number };
};

const mebibyte = 1 << 20;

/** SHA-256 of a token's lines, as `yes TOKEN | head -c SIZE` writes them. */
export const checksumOf = ({ token, mebibytes }: Written): string => {
  const size = mebibytes * mebibyte;
  const line = Buffer.from(`${token}\n`);
  const content = Buffer.alloc(size, line);
  return createHash("sha256").update(content).digest("hex");
};

/** The volume as its pod has it: mounted below the claim's name, or as a device. */
export type Mounted = {
  readonly podUid: string;
  readonly claim: string;
  readonly mode: "Filesystem" | "Block";
};

/**
 * Finds the pod's main process, the one that has the volume, and goes in by its root. So what is
 * written and read is what the pod sees, with the API server or the network away just as well.
 */
const enter = ({ podUid, claim, mode }: Mounted): string => {
  const has =
    mode === "Block"
      ? `[ -b /proc/$pid/root/dev/volume ]`
      : `grep -q ' /${claim} ' /proc/$pid/mountinfo 2>/dev/null`;
  return [
    "set -eo pipefail",
    `root=`,
    `for pid in $(cat /sys/fs/cgroup/kubepods/*/pod${podUid}/*/cgroup.procs); do if ${has}; then root=/proc/$pid/root; fi; done`,
    `if [ -z "$root" ]; then echo "pod ${podUid} has no process with the volume" >&2; exit 3; fi`,
  ].join("\n");
};

const writing = (at: Mounted, { token, mebibytes, place }: Written): string => {
  const source = `yes ${token} | head -c ${mebibytes * mebibyte}`;
  if ("offset" in place) {
    return `{ ${source} || true; } | dd of=$root/dev/volume bs=1M seek=${place.offset} iflag=fullblock conv=fsync,notrunc status=none`;
  }
  const file = `$root/${at.claim}/${place.file}`;
  return [
    `{ ${source} || true; } | dd of=${file} bs=1M iflag=fullblock conv=fsync status=none`,
    `[ "$(stat -c %s ${file})" = ${mebibytes * mebibyte} ]`,
  ].join("\n");
};

const reading = (at: Mounted, { mebibytes, place }: Written): string =>
  "offset" in place
    ? `dd if=$root/dev/volume bs=1M skip=${place.offset} count=${mebibytes} iflag=fullblock status=none | sha256sum | cut -d ' ' -f 1`
    : `sha256sum $root/${at.claim}/${place.file} | cut -d ' ' -f 1`;

/** A script for the node's bash that ends with 0 only once the content has reached the disk. */
export const writeScript = (at: Mounted, written: Written): string =>
  [enter(at), writing(at, written)].join("\n");

/** A script that prints the checksum of each content, a line each. */
export const readScript = (at: Mounted, written: readonly Written[]): string =>
  [enter(at), ...written.map((one) => reading(at, one))].join("\n");
