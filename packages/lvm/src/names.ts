import { devicePathPattern, lvmNamePattern } from "@stowage/api";
import { LvmError } from "./errors.ts";

/*
 * What stands between the API and argv. The API server checks most of this too, but an object made
 * under an older CRD, or by hand in etcd, gets here all the same.
 */

const nameLimit = 127;

/** LVM refuses these itself, some only after it has begun. Source: lvm(8), Valid names. */
const reservedNames =
  /^(\.\.?|snapshot.*|pvmove.*)$|_(cdata|cmeta|corig|cpool|cvol|iorig|mimage|mlog|pmspare|rimage|rmeta|tdata|tmeta|vdata|vorigin|wcorig)/;

const checked = (what: string, text: string, legal: boolean): string => {
  if (legal) return text;
  throw new LvmError("lvm_bad_name", {
    command: "check of names",
    detail: `${JSON.stringify(text)} is no ${what} that LVM allows`,
  });
};

/** @throws LvmError `lvm_bad_name` */
export const groupName = (text: string): string =>
  checked("volume group name", text, lvmNamePattern.test(text) && text.length <= nameLimit);

/** @throws LvmError `lvm_bad_name` */
export const volumeName = (text: string): string =>
  checked(
    "logical volume name",
    text,
    lvmNamePattern.test(text) && text.length <= nameLimit && !reservedNames.test(text),
  );

/** @throws LvmError `lvm_bad_name` */
export const devicePath = (text: string): string =>
  checked("device path", text, devicePathPattern.test(text));

/**
 * As blkid calls what is on a device. With "no" before it wipefs would erase all others.
 * @throws LvmError `lvm_bad_name`
 */
export const signatureType = (text: string): string =>
  checked("type of a signature", text, /^(?!no)[\w.+-]+$/.test(text));

/** Source: lvm(8), Tags. */
const tagPattern = /^[a-zA-Z0-9_+.][a-zA-Z0-9_+.\-/=!:&#]{0,1023}$/;

/** @throws LvmError `lvm_bad_name` */
export const tag = (text: string): string => checked("tag", text, tagPattern.test(text));

/** @throws LvmError `lvm_bad_name` for what is not "<device>:<first>-<last>". */
export const extentRange = (text: string): string => {
  const [, device = "", extents = ""] = /^(.*):(\d+-\d+)$/.exec(text) ?? [];
  return checked("range of extents", text, devicePathPattern.test(device) && extents !== "");
};

/** @throws LvmError `lvm_bad_name` for what is no whole number of at least one extent. */
export const extentCount = (count: number): string =>
  checked("number of extents", `${count}`, Number.isSafeInteger(count) && count > 0);
