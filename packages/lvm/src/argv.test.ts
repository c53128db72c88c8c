import type { Extents } from "@stowage/capacity";
import { mib } from "@stowage/capacity";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkPath,
  checkUnused,
  eraseDevice,
  eraseSignatures,
  flushVolume,
  listSignatures,
  lsblk,
  lvchangeActivate,
  lvchangeRefresh,
  lvchangeTags,
  lvcreate,
  lvextend,
  lvextendTest,
  lvremove,
  pvmove,
  pvremove,
  pvresize,
  setAllocation,
  reportDevices,
  reportHost,
  statPaths,
  vgchangeAddTags,
  vgcreate,
  vgextend,
  vgextendRestoreMissing,
  vgmknodes,
  vgreduce,
  wipePart,
} from "./index.ts";
import type { Command } from "./command.ts";
import { LvmError } from "./errors.ts";

const extents = 25 as Extents;
const disks = ["/dev/disk/by-id/a", "/dev/sdb"];
const tags = ["stowage.dev/volume=pvc-1", "stowage.dev/claim=default/data-0"];
const line = ({ file, args }: Command): string => [file, ...args].join(" ");

const config =
  '--config=report{ binary_values_as_numeric=0 compact_output=0 compact_output_cols="" list_item_separator="," mark_hidden_devices=1 prefixes=0 headings=1 buffered=1 } log{prefix="" command_names=0 report_command_log=0 silent=0 verbose=0} global{use_lvmpolld=0} tags{hosttags=0} backup{retain_days=0 retain_min=20}';
const confined = "--devices=/dev/disk/by-id/a --devices=/dev/sdb";

test.for([
  {
    command: vgcreate("fast", disks, ["stowage.dev/managed"]),
    text: `lvm vgcreate ${confined} ${config} --metadatasize=4m --addtag=stowage.dev/managed fast /dev/disk/by-id/a /dev/sdb`,
  },
  {
    command: vgextend("fast", ["/dev/disk/by-id/a"], ["/dev/sdb"]),
    text: `lvm vgextend ${confined} ${config} --metadatasize=4m fast /dev/sdb`,
  },
  {
    command: vgchangeAddTags("fast", disks, ["stowage.dev/managed"]),
    text: `lvm vgchange ${confined} ${config} --addtag=stowage.dev/managed fast`,
  },
  { command: vgmknodes("fast", disks), text: `lvm vgmknodes ${confined} ${config} fast` },
  {
    command: lvcreate({ volumeGroup: "fast", volume: "pvc-1", extents, tags }, disks),
    text: `lvm lvcreate ${confined} ${config} --yes --type=linear --wipesignatures=y --zero=y --extents=25 --name=pvc-1 --addtag=stowage.dev/volume=pvc-1 --addtag=stowage.dev/claim=default/data-0 fast`,
  },
  {
    command: eraseSignatures("fast", "pvc-1"),
    text: "wipefs --all --quiet /dev/fast/pvc-1",
  },
  {
    command: lvextend("fast", "pvc-1", extents, disks),
    text: `lvm lvextend ${confined} ${config} --extents=25 fast/pvc-1`,
  },
  {
    command: lvremove("fast", "pvc-1", disks),
    text: `lvm lvremove ${confined} ${config} devices{issue_discards=0} --yes --select=lv_attr=~"^-" fast/pvc-1`,
  },
  {
    command: lvextend("fast", "pvc-1", extents, disks, ["/dev/sda:0-9", "/dev/sdb:4-18"]),
    text: `lvm lvextend ${confined} ${config} --extents=25 fast/pvc-1 /dev/sda:0-9 /dev/sdb:4-18`,
  },
  {
    command: lvextendTest("fast", "pvc-1", extents, disks),
    text: `lvm lvextend ${confined} ${config} --test --extents=25 fast/pvc-1`,
  },
  {
    command: lvchangeTags("fast", "pvc-1", disks, {
      off: ["stowage.dev/new"],
      on: ["stowage.dev/formatted"],
    }),
    text: `lvm lvchange ${confined} ${config} --deltag=stowage.dev/new --addtag=stowage.dev/formatted fast/pvc-1`,
  },
  {
    command: lvchangeActivate("fast", ["pvc-1", "pvc-2"], disks),
    text: `lvm lvchange ${confined} ${config} --activate=y --activationmode=complete fast/pvc-1 fast/pvc-2`,
  },
  {
    command: lvchangeRefresh("fast", ["pvc-1"], disks),
    text: `lvm lvchange ${confined} ${config} --refresh fast/pvc-1`,
  },
  {
    command: setAllocation("fast", disks, "/dev/sdb", "held", "stowage.dev/evacuating"),
    text: `lvm pvchange ${confined} ${config} --allocatable=n --addtag=stowage.dev/evacuating /dev/sdb`,
  },
  {
    command: setAllocation("fast", disks, "/dev/sdb", "allocatable", "stowage.dev/evacuating"),
    text: `lvm pvchange ${confined} ${config} --allocatable=y --deltag=stowage.dev/evacuating /dev/sdb`,
  },
  {
    command: vgreduce("fast", disks, "/dev/sdb"),
    text: `lvm vgreduce ${confined} ${config} fast /dev/sdb`,
  },
  {
    command: pvremove("fast", "/dev/sdb"),
    text: `lvm pvremove --devices=/dev/sdb ${config} /dev/sdb`,
  },
  {
    command: pvresize("fast", disks, "/dev/sdb"),
    text: `lvm pvresize ${confined} ${config} /dev/sdb`,
  },
  {
    command: vgextendRestoreMissing("fast", disks, "/dev/sdb"),
    text: `lvm vgextend ${confined} ${config} --restoremissing fast /dev/sdb`,
  },
  {
    command: eraseDevice("fast", "/dev/sdb", ["gpt", "PMBR"]),
    text: "wipefs --all --quiet --types=gpt,PMBR /dev/sdb",
  },
])("$text is a write in its group's lane", ({ command, text }) => {
  expect(line(command)).toBe(text);
  expect(command).toMatchObject({ access: "write", lane: "group fast" });
});

test("each report is confined to devices, and that of the host's has a lane of its own", () => {
  expect(reportHost(disks)).toMatchObject({ access: "read", lane: "host" });
  expect(line(reportHost(disks)).endsWith(confined)).toBe(true);
  expect(line(reportDevices("fast", disks)).endsWith(confined)).toBe(true);
  expect(() => reportDevices("fast", [])).toThrow("at least one device");
});

describe("values that are no names", () => {
  const hostile = ["", "-f", "--yes", "a/b", "../x", "a;b", "a b", "$(x)", "a\nb", "ä", "."];
  const builders: Readonly<Record<string, (text: string) => Command>> = {
    "a group to make": (text) => vgcreate(text, disks, []),
    "a group to extend": (text) => vgextend(text, [], disks),
    "a device": (text) => vgcreate("fast", [text], []),
    "a device to confine to": (text) => vgmknodes("fast", [text]),
    "a new volume": (text) => lvcreate({ volumeGroup: "fast", volume: text, extents, tags }, disks),
    "a volume to remove": (text) => lvremove("fast", text, disks),
    "a group to remove from": (text) => lvremove(text, "pvc-1", disks),
    "a path to look at": (text) => statPaths("fast", [text]),
    "a device to list": (text) => lsblk("fast", [text]),
    "a device to probe": (text) => listSignatures(text),
  };
  const cases = Object.keys(builders).flatMap((what) => hostile.map((text) => ({ what, text })));
  test.for(cases)("$text is refused as $what", ({ what, text }) => {
    expect(() => builders[what]?.(text)).toThrow(LvmError);
  });

  test.for(["a b", "-a", "a;b", "@a", "x".repeat(1025)])("%s is refused as a tag", (text) => {
    expect(() => vgchangeAddTags("fast", disks, [text])).toThrow(LvmError);
  });

  test.for([0, -1, 1.5, Number.NaN])("%s is refused as a number of extents", (count) => {
    expect(() => lvextend("fast", "pvc-1", count as Extents, disks)).toThrow(LvmError);
  });

  test.for(["snapshot1", "pvmove0", "a_tdata", "b_mlog"])("%s is LVM's own name", (name) => {
    expect(() => lvremove("fast", name, disks)).toThrow(LvmError);
  });
});

/** The arguments of a removal; those of a legal one where a value is refused. */
const removal = (group: string, volume: string, device: string): readonly string[] => {
  try {
    return lvremove(group, volume, [device]).args;
  } catch (error) {
    if (error instanceof LvmError) return lvremove("g", "v", ["/dev/d"]).args;
    throw error;
  }
};

test("no value, whatever it is, ever becomes an option or a second argument", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (group, volume, device) => {
      const args = removal(group, volume, device);
      expect(args).toHaveLength(6);
      expect(args.at(-1)).not.toMatch(/^-/);
    }),
  );
});

test("wiping keeps out of the lane of LVM's own writes", () => {
  const part = { offset: mib(64), length: mib(32) };
  const commands = [
    wipePart("fast", "pvc-1", "zero", part, "condemned"),
    wipePart("fast", "pvc-1", "discard", part, "condemned"),
    flushVolume("fast", "pvc-1", "condemned"),
  ];
  expect(commands.map(line)).toEqual([
    "blkdiscard --zeroout --offset=67108864 --length=33554432 /dev/fast/pvc-1",
    "blkdiscard --offset=67108864 --length=33554432 /dev/fast/pvc-1",
    "sync -d /dev/fast/pvc-1",
  ]);
  for (const command of commands) {
    expect(command).toMatchObject({ access: "write", lane: "wipe fast" });
  }
  expect(wipePart("fast", "pvc-1", "zero", part, "new").lane).toBe("make fast");
});

test("a volume is known by the name that device-mapper gives it", () => {
  const command = checkPath("a-b", "pvc-1.room", "make a-b");
  expect(line(command)).toBe("lsblk --nodeps --pairs --output=NAME /dev/a-b/pvc-1.room");
  // As lsblk of util-linux 2.38.1 prints it, for a volume of LVM 2.03.16.
  expect(command.printsOr?.text).toBe('NAME="a--b-pvc--1.room"');
});

test.for(["/dev/sda", "/dev/sda:", "/dev/sda:1", "/dev/sda:1-2 --force", "--yes:1-2"])(
  "%s is refused as a range of extents",
  (range) => {
    expect(() => lvextend("fast", "pvc-1", extents, disks, [range])).toThrow(LvmError);
  },
);

test("a move is a job without a limit, beside the group's other commands", () => {
  const command = pvmove("fast", disks, "/dev/sdb");
  expect(line(command)).toBe(`lvm pvmove ${confined} ${config} --interval=5 /dev/sdb`);
  expect(command).toMatchObject({ access: "job", lane: "move fast" });
});

test("the last look at a device writes nothing", () => {
  expect(line(checkUnused("fast", "/dev/sdb"))).toBe("wipefs --all --no-act /dev/sdb");
});
