import type { Command } from "../command.ts";
import { usersLane } from "../command.ts";

/*
 * Who uses a device, beyond what lsblk shows. Those who open one without O_EXCL are seen by nobody
 * but /proc: a container with a raw block volume, a virtual machine, a database. /proc is the
 * host's, and so are the names in it.
 */

/** Processes end while they are looked at: find's exit code 1. */
const racing = [0, 1];

/** The mount of every open file of every process. Asks no file system. Source: proc(5), fdinfo. */
export const listOpenFiles = (): Command => ({
  name: "find open files",
  file: "find",
  args: [
    ..."/proc -mindepth 1 -maxdepth 3 -regex /proc/[0-9]+/fdinfo/[0-9]+".split(" "),
    ..."-exec grep --no-messages --with-filename ^mnt_id: {} +".split(" "),
    ..."-o -not -regex /proc/[0-9]+\\(/fdinfo\\)? -prune".split(" "),
  ],
  access: "read",
  answers: racing,
  lane: usersLane,
});

/**
 * What open files are, by the links to them in /proc. A link is followed to the file itself: the name
 * of a device inside a container says nothing. Asks the file's file system, which may never answer.
 */
export const statOpenFiles = (links: readonly string[]): Command => ({
  name: "stat open files",
  file: "stat",
  args: ["--dereference", "--format=%n|%F|%t:%T", "--", ...links],
  access: "read",
  answers: racing,
  lane: usersLane,
});

/** The program of each process. */
export const listPrograms = (processes: readonly number[]): Command => ({
  name: "find programs",
  file: "find",
  args: [...processes.map((id) => `/proc/${id}/exe`), ..."-maxdepth 0 -printf %p|%l\\n".split(" ")],
  access: "read",
  answers: racing,
  lane: usersLane,
});

/**
 * The lines of every process's mountinfo that have one of these words, so in every mount namespace.
 * Words are compared as they are, and with the blanks around them. Source: proc(5), mountinfo.
 */
export const listMounts = (words: readonly string[]): Command => ({
  name: "find mounts",
  file: "find",
  args: [
    ..."/proc -mindepth 1 -maxdepth 2 -regex /proc/[0-9]+/mountinfo".split(" "),
    ..."-exec grep --no-messages --with-filename --fixed-strings".split(" "),
    ...words.map((word) => `--regexp= ${word} `),
    ..."{} + -o -not -regex /proc/[0-9]+ -prune".split(" "),
  ],
  access: "read",
  answers: racing,
  lane: usersLane,
});

/** Every loop device, with the inode of what it is set up over. Source: losetup(8). */
export const listLoops = (): Command => ({
  name: "losetup",
  file: "losetup",
  args: ["--list", "--json", "--output=NAME,BACK-FILE,BACK-INO,BACK-MAJ:MIN"],
  access: "read",
  answers: [0],
  lane: usersLane,
});

/** What paths lead to, whatever they are called, and their inodes. Exit code 1: some lead nowhere. */
export const statFiles = (paths: readonly string[]): Command => ({
  name: "stat files",
  file: "stat",
  args: ["--dereference", "--format=%n|%F|%t:%T|%d|%i", "--", ...paths],
  access: "read",
  answers: racing,
  lane: usersLane,
});
