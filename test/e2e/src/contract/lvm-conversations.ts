import type { Bytes, Extents } from "@stowage/capacity";
import { bytes } from "@stowage/capacity";
import type { Command } from "@stowage/lvm";
import {
  checkExclusive,
  checkPath,
  checkUnused,
  eraseSignatures,
  formattedTag,
  lvchangeActivate,
  lvchangeTags,
  lvcreate,
  lvextend,
  lvextendTest,
  lvremove,
  managedTag,
  mkfs,
  newTag,
  pvmove,
  pvremove,
  setAllocation,
  tagsFor,
  vgchangeAddTags,
  vgcreate,
  vgextend,
  vgmknodes,
  vgreduce,
  wipePart,
} from "@stowage/lvm";
import type { LvmSide } from "./lvm-side.ts";
import { disks, look, outcome } from "./lvm-side.ts";

/*
 * What the agent asks of LVM, and what the model of it answers in the simulator. Each conversation is
 * held with real LVM and with the model, from empty disks to empty disks; what every command came to,
 * and what a look finds after it, must be the same.
 */

const [first, second] = disks;
const both = [first, second];
const group = "contract";
const volumes = ["a", "b"];
const pathOf = (name: string): string => `/dev/${group}/${name}`;

const make = (volume: string, extents: number, devices: readonly string[] = [first]): Command =>
  lvcreate(
    { volumeGroup: group, volume, extents: extents as Extents, tags: tagsFor({ volume }) },
    devices,
  );

const grow = (volume: string, extents: number): Command =>
  lvextend(group, volume, extents as Extents, [first]);

const remove = (volume: string, devices: readonly string[] = [first]): Command =>
  lvremove(group, volume, devices);

const mebi = 1024 ** 2;
const part = (offset: number, length: number): { offset: Bytes; length: Bytes } => ({
  offset: bytes(offset * mebi),
  length: bytes(length * mebi),
});

type Step = Command | ((side: LvmSide) => Promise<void>);

const makeGroup = vgcreate(group, [first], [managedTag]);

/** By subject; each leaves a group on the first disk, or on both, without volumes. */
export const conversations: Readonly<Record<string, readonly Step[]>> = {
  "groups and their devices": [
    checkUnused(group, first),
    makeGroup,
    checkUnused(group, first),
    makeGroup,
    vgcreate("another", [first], []),
    pvremove(group, first),
    vgchangeAddTags(group, [first], ["test/tag"]),
    vgextend(group, [first], [second]),
    vgextend(group, [first], [second]),
    vgextend("missing", [], [second]),
    vgreduce(group, both, second),
    vgreduce(group, both, second),
    vgextend(group, [first], [second]),
    vgreduce(group, both, second),
    pvremove(group, second),
  ],
  "a physical volume that a refusal left": [
    vgextend("missing", [], [second]),
    pvremove(group, second),
    pvremove(group, second),
    makeGroup,
    vgreduce(group, [first], first),
    vgreduce(group, both, second),
  ],
  "a name that is taken in /dev": [
    makeGroup,
    make("a", 2),
    vgcreate(group, [second], [managedTag]),
    remove("a"),
  ],
  "volumes that are made, grow and go": [
    makeGroup,
    make("a", 10),
    make("a", 10),
    make("b", 5000),
    make("b", 3),
    grow("a", 20),
    grow("a", 20),
    grow("a", 12),
    grow("a", 5000),
    grow("missing", 5),
    (side) => side.hold(pathOf("a")),
    remove("a"),
    eraseSignatures(group, "a"),
    (side) => side.release(pathOf("a")),
    remove("a"),
    remove("a"),
    remove("b"),
  ],
  "extents that were zeroed are given to a volume that grows": [
    makeGroup,
    make("a", 2),
    make("b", 3),
    lvextendTest(group, "a", 5 as Extents, [first]),
    lvextendTest(group, "a", 5000 as Extents, [first]),
    remove("b"),
    lvextend(group, "a", 5 as Extents, [first], [`${first}:2-4`]),
    lvextend(group, "a", 7 as Extents, [first], [`${first}:2-4`]),
    remove("a"),
  ],
  "activation and links": [
    makeGroup,
    make("a", 2),
    make("b", 2),
    ({ admin }) => admin.deactivate(pathOf("a")),
    lvchangeActivate(group, ["a"], [first]),
    vgmknodes(group, [first]),
    lvchangeActivate(group, ["a", "b"], [first]),
    remove("a"),
    remove("b"),
  ],
  "a volume that LVM leaves out when it activates volumes": [
    makeGroup,
    make("a", 2),
    ({ admin }) => admin.setActivationSkip(pathOf("a"), "y"),
    ({ admin }) => admin.deactivate(pathOf("a")),
    lvchangeActivate(group, ["a"], [first]),
    checkPath(group, "a", "look"),
    ({ admin }) => admin.setActivationSkip(pathOf("a"), "n"),
    lvchangeActivate(group, ["a"], [first]),
    lvchangeActivate(group, ["missing"], [first]),
    remove("a"),
  ],
  "a host whose volume_list lets LVM activate nothing": [
    makeGroup,
    make("a", 2),
    ({ admin }) => admin.deactivate(pathOf("a")),
    ({ admin }) => admin.setVolumeList("none"),
    lvchangeActivate(group, ["a"], [first]),
    make("b", 2),
    ({ admin }) => admin.setVolumeList("all"),
    lvchangeActivate(group, ["a"], [first]),
    remove("a"),
  ],
  "a volume with a snapshot": [
    makeGroup,
    make("a", 4),
    ({ admin }) => admin.snapshot(pathOf("a"), "nightly"),
    lvextendTest(group, "a", 8 as Extents, [first]),
    grow("a", 8),
    remove("a"),
    remove("nightly"),
    ({ admin }) => admin.remove(pathOf("nightly")),
    grow("a", 8),
    remove("a"),
  ],
  "a volume that is mounted": [
    makeGroup,
    make("a", 8),
    mkfs(group, "a", { type: "ext4", mkfsOptions: "" }),
    ({ admin }) => admin.mount(pathOf("a")),
    eraseSignatures(group, "a"),
    mkfs(group, "a", { type: "ext4", mkfsOptions: "" }),
    wipePart(group, "a", "zero", part(0, 4), "condemned"),
    grow("a", 9),
    remove("a"),
    ({ admin }) => admin.unmount(pathOf("a")),
    remove("a"),
  ],
  "two groups of one name": [
    makeGroup,
    make("a", 2),
    ({ admin }) => admin.deactivate(pathOf("a")),
    vgcreate(group, [second], [managedTag]),
    make("b", 3, [second]),
    lvchangeActivate(group, ["a"], [first]),
    remove("b", [second]),
    remove("a"),
  ],
  "a disk with a partition": [
    makeGroup,
    ({ admin }) => admin.partition(second),
    checkUnused(group, second),
    vgextend(group, [first], [second]),
    checkExclusive(group, second),
    vgextend(group, [first], [`${second}1`]),
    checkExclusive(group, second),
    make("a", 300, [first, `${second}1`]),
    checkExclusive(group, second),
    checkUnused(group, `${second}1`),
    remove("a", [first, `${second}1`]),
    vgreduce(group, [first, `${second}1`], `${second}1`),
    pvremove(group, `${second}1`),
    checkExclusive(group, second),
  ],
  "what is written to a volume": [
    makeGroup,
    make("a", 8),
    eraseSignatures(group, "a"),
    mkfs(group, "a", { type: "ext4", mkfsOptions: "" }),
    lvchangeTags(group, "a", [first], { off: [newTag], on: [formattedTag] }),
    checkPath(group, "a", "look"),
    checkPath(group, "missing", "look"),
    wipePart(group, "a", "zero", part(0, 4), "new"),
    (side) => side.hold(pathOf("a")),
    (side) => side.release(pathOf("a")),
    wipePart(group, "a", "zero", part(4, 28), "condemned"),
    eraseSignatures(group, "missing"),
    wipePart(group, "missing", "zero", part(0, 4), "condemned"),
    remove("a"),
  ],
  "a device that is emptied": [
    makeGroup,
    vgextend(group, [first], [second]),
    make("a", 10, both),
    setAllocation(group, both, first, "held", "test/leaving"),
    make("b", 5, both),
    vgreduce(group, both, first),
    pvmove(group, both, first),
    vgreduce(group, both, first),
    pvremove(group, first),
    remove("a", [second]),
    remove("b", [second]),
  ],
  "a device that is given free again": [
    makeGroup,
    vgextend(group, [first], [second]),
    setAllocation(group, both, first, "held", "test/leaving"),
    setAllocation(group, both, first, "allocatable", "test/leaving"),
    make("a", 10, both),
    remove("a", both),
  ],
};

export type Told = { readonly step: string; readonly came: string; readonly seen: object };

/** What came of each step. */
export const hold = async (side: LvmSide, steps: readonly Step[]): Promise<Told[]> => {
  const told: Told[] = [];
  for (const step of steps) {
    const came =
      typeof step === "function" ? await step(side).then(() => "done") : await outcome(side, step);
    told.push({
      step: typeof step === "function" ? String(step) : [step.name, ...step.args].join(" "),
      came,
      seen: await look(side, group, volumes),
    });
  }
  return told;
};
