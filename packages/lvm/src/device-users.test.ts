import { expect, test } from "vitest";
import {
  parseFiles,
  parseLoops,
  parseMounts,
  parseOpeners,
  parseOpenFiles,
  parsePrograms,
} from "./device-users.ts";
import { LvmError } from "./errors.ts";

/* What findutils 4.9, coreutils 9.1 and util-linux 2.38.1 printed on a node. */

test("an opener is known by its process and by the number of what it has open", () => {
  expect(parseOpeners("/proc/1262/fd/0|block special file|62:10\n")).toEqual([
    { process: 1262, deviceNumber: "98:16" },
  ]);
  expect(parseOpeners("/proc/1/fd/0|character special file|1:3")).toEqual([]);
  expect([
    ...parsePrograms("/proc/1262/exe|/usr/bin/sleep\n/proc/7/exe|/opt/a b (deleted)"),
  ]).toEqual([
    [1262, "/usr/bin/sleep"],
    [7, "/opt/a b"],
  ]);
});

test("an open file is known by the link to it and by its mount", () => {
  expect(
    parseOpenFiles("/proc/358/fdinfo/0:mnt_id:\t10\n/proc/358/fdinfo/12:mnt_id:\t1023\n"),
  ).toEqual([
    { link: "/proc/358/fd/0", mount: "10" },
    { link: "/proc/358/fd/12", mount: "1023" },
  ]);
});

test("a mount tells whether a device can be opened there", () => {
  const dev =
    "/proc/1/mountinfo:23 29 0:6 / /dev rw,nosuid,relatime shared:2 - devtmpfs udev rw,size=8k";
  const home = "/proc/1/mountinfo:31 29 8:2 / /home rw,nosuid,nodev - ext4 /dev/sda2 rw";
  expect(parseMounts(`${dev}\n${home}`).map(({ id, deviceNodes }) => [id, deviceNodes])).toEqual([
    ["23", "served"],
    ["31", "refused"],
  ]);
});

test("a loop device over a bind mount of a disk's node has the inode of that node", () => {
  const [loop] = parseLoops(`{
   "loopdevices": [
      {
         "name": "/dev/loop0",
         "maj:min": "  7:0  ",
         "back-file": "/run/bind",
         "back-ino": 608,
         "back-maj:min": "       0:7  "
      }
   ]
}`);
  const [node] = parseFiles("/dev/ubdb|block special file|62:10|7|608");
  expect(loop).toEqual({ name: "/dev/loop0", file: "/run/bind", inode: "0:7 608" });
  expect(node).toEqual({ path: "/dev/ubdb", deviceNumber: "98:16", inode: loop?.inode });
});

test.for(["", '{\n   "loopdevices": [\n\n   ]\n}'])("%j is no loop device at all", (text) => {
  expect(parseLoops(text)).toEqual([]);
});

test("what is no JSON of losetup's is refused", () => {
  expect(() => parseLoops("losetup: no")).toThrow(LvmError);
});

test("a file on a disk has that disk's number in its inode, as losetup writes it", () => {
  expect(parseFiles("/srv/image|regular file|0:0|25088|12")).toEqual([
    { path: "/srv/image", deviceNumber: undefined, inode: "98:0 12" },
  ]);
});

test("a mount tells its file system's device, and what of devtmpfs is mounted where", () => {
  const text = [
    "/proc/1/mountinfo:43 27 0:7 /ubdb /run/bind rw,relatime shared:11 - devtmpfs dev rw,mode=755",
    "/proc/9/mountinfo:36 35 98:32 / /mnt/a\\040b rw,noatime - ext4 /dev/ubdc rw",
    "find: grep terminated",
  ].join("\n");
  expect(parseMounts(text)).toEqual([
    {
      process: 1,
      id: "43",
      deviceNodes: "served",
      deviceNumber: "0:7",
      root: "/ubdb",
      place: "/run/bind",
      fileSystem: "devtmpfs",
      source: "dev",
    },
    {
      process: 9,
      id: "36",
      deviceNodes: "served",
      deviceNumber: "98:32",
      root: "/",
      place: "/mnt/a b",
      fileSystem: "ext4",
      source: "/dev/ubdc",
    },
  ]);
});
