import { z } from "zod";

/** The file systems that the kubelet knows to make and to grow. */
export const fileSystemTypes = ["ext4", "xfs", "btrfs"] as const;
export type FileSystemType = (typeof fileSystemTypes)[number];

const count = /^\d{1,15}$/;
const size = /^\d{1,15}[bskmg]?$/i;
const word = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
/** `a,^b,c`: features to have and not to have. */
const features = /^\^?[a-z0-9][a-z0-9_-]{0,31}(,\^?[a-z0-9][a-z0-9_-]{0,31}){0,31}$/;

/** `key=value,key`: suboptions of which only these keys may be given; none of them names a file. */
const suboptions = (...keys: readonly string[]): RegExp => {
  const one = `(${keys.join("|")})(=[A-Za-z0-9.]{1,20})?`;
  return new RegExp(`^${one}(,${one}){0,15}$`);
};

/**
 * What each option's value must look like; "alone" for an option without one. What would write
 * elsewhere (a log or a journal on another device, a directory to copy from), overwrite what is
 * there, or only pretend is not listed. Sources: mke2fs(8), mkfs.xfs(8), mkfs.btrfs(8).
 */
const grammar: Readonly<Record<FileSystemType, Readonly<Record<string, RegExp | "alone">>>> = {
  ext4: {
    "-b": /^(1024|2048|4096)$/,
    "-C": size,
    "-E": suboptions(
      "discard",
      "nodiscard",
      "lazy_itable_init",
      "lazy_journal_init",
      "num_backup_sb",
      "packed_meta_blocks",
      "resize",
      "stride",
      "stripe_width",
    ),
    "-G": count,
    "-I": count,
    "-J": suboptions("size", "fast_commit_size"),
    "-L": word,
    "-N": count,
    "-O": features,
    "-T": word,
    "-e": /^(continue|remount-ro|panic)$/,
    "-g": count,
    "-i": count,
    "-j": "alone",
    "-m": /^\d{1,2}(\.\d{1,3})?$/,
  },
  xfs: {
    "-K": "alone",
    "-L": /^[A-Za-z0-9_.-]{1,12}$/,
    "-b": suboptions("size"),
    "-d": suboptions(
      "agcount",
      "agsize",
      "cowextsize",
      "extszinherit",
      "su",
      "sunit",
      "sw",
      "swidth",
    ),
    "-i": suboptions(
      "align",
      "attr",
      "exchange",
      "maxpct",
      "nrext64",
      "perblock",
      "projid32bit",
      "size",
      "sparse",
    ),
    "-l": suboptions("lazy-count", "size", "su", "sunit", "version"),
    "-m": suboptions("bigtime", "crc", "finobt", "inobtcount", "reflink", "rmapbt"),
    "-n": suboptions("ftype", "size", "version"),
    "-s": suboptions("size"),
  },
  btrfs: {
    "-K": "alone",
    "-L": word,
    "-M": "alone",
    "-O": features,
    "-R": features,
    "-d": /^(single|dup)$/,
    "-m": /^(single|dup)$/,
    "-n": size,
    "-s": size,
    "--csum": /^(crc32c|xxhash|sha256|blake2)$/,
    "--nodiscard": "alone",
    "--nodesize": size,
    "--sectorsize": size,
  },
};

type MkfsOptions =
  | { readonly kind: "valid"; readonly args: readonly string[] }
  | { readonly kind: "invalid"; readonly problem: string };

/** Splits options as they stand on a command line; each has to be one that is known to be harmless. */
export const parseMkfsOptions = (type: FileSystemType, text: string): MkfsOptions => {
  const args = text.split(/\s+/).filter((part) => part !== "");
  const known = grammar[type];
  for (let index = 0; index < args.length; index += 1) {
    const option = args[index] ?? "";
    const wanted = Object.hasOwn(known, option) ? known[option] : undefined;
    if (wanted === undefined) {
      const list = Object.keys(known).join(" ");
      return {
        kind: "invalid",
        problem: `${JSON.stringify(option)} is no option for ${type} here; it may have ${list}, each value after a space`,
      };
    }
    if (wanted === "alone") continue;
    index += 1;
    const value = args[index];
    if (value === undefined || !wanted.test(value)) {
      return {
        kind: "invalid",
        problem: `${JSON.stringify(value ?? "")} is no value for ${option} of mkfs.${type}`,
      };
    }
  }
  return { kind: "valid", args };
};

/** On the wire: what to make on a volume before it is handed out. */
export const fileSystemSchema = z
  .object({
    type: z.enum(fileSystemTypes),
    mkfsOptions: z
      .string()
      .min(1)
      .max(512)
      .regex(/^[A-Za-z0-9^=_.,\- ]+$/)
      .describe("As on the command line of mkfs: -m 1 -O ^has_journal"),
  })
  .describe(
    "Has the agent make this file system before the volume is Ready. Without it the kubelet makes one, with options of its own.",
  );

export type FileSystem = z.output<typeof fileSystemSchema>;
