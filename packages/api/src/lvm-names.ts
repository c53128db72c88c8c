import { z } from "zod";

/**
 * LVM's grammar for the names of volume groups and logical volumes: a-z A-Z 0-9 + _ . -, not
 * beginning with a hyphen, not "." or "..". Source: lvm(8), "Valid names".
 */
export const lvmNamePattern = /^[a-zA-Z0-9+_][a-zA-Z0-9+_.-]*$/;

/** Shorter than LVM's own 127, so that `<group>-<volume>` is a legal device-mapper name. */
const lvmNameLimit = 60;

export const lvmNameSchema = z
  .string()
  .min(1)
  .max(lvmNameLimit)
  .regex(lvmNamePattern, "must be a name of letters, digits, + _ . - that begins with none of . -");

/** An absolute path below /dev without `.` and `..` steps or anything a shell or LVM would expand. */
export const devicePathPattern = /^\/dev(\/[A-Za-z0-9_+=:@,%][A-Za-z0-9_+=:@,%.-]*)+$/;

export const devicePathSchema = z
  .string()
  .max(255)
  .regex(devicePathPattern, "must be a path below /dev, such as /dev/disk/by-id/nvme-...");
