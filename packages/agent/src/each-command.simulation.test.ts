import { minutes } from "@stowage/clock";
import type { Command } from "@stowage/lvm";
import { managedTag, nodeTag, tagsFor } from "@stowage/lvm";
import { expect, test } from "vitest";
import type { FakeDevice, FakeVolume } from "./testing/fake-disks.ts";
import { entry, FakeStorage, handedOut } from "./testing/fake-storage.ts";
import { live } from "./testing/live.ts";

/*
 * Every command by which the agent changes something is struck in three ways, one after another: it
 * fails, it ends well and changes nothing, the agent dies right after it. Meanwhile nothing is lost and
 * nothing repeats without a pause; what is not done is told; and when the trouble is over all is done.
 */

const first = "/dev/disk/by-id/a";
const second = "/dev/disk/by-id/b";
const third = "/dev/disk/by-id/c";

const formatted = (type: "ext4" | "xfs" | "btrfs", mkfsOptions: string) => ({
  fileSystem: { type, mkfsOptions },
});

/** What there is to do for each volume, by its name. */
const wishes = [
  entry("block", "40Mi", { volumeMode: "Block" }),
  entry("ext4", "40Mi", formatted("ext4", "-m 0")),
  entry("xfs", "40Mi", formatted("xfs", "-m reflink=1")),
  entry("btrfs", "40Mi", formatted("btrfs", "-m single")),
  handedOut("grows", "80Mi"),
  handedOut("growsblock", "80Mi", { volumeMode: "Block" }),
  handedOut("inactive", "40Mi"),
  handedOut("suspended", "40Mi"),
  handedOut("unlinked", "40Mi"),
  handedOut("goes", "40Mi", { delete: true }),
];

const addVolumes = ({ node }: FakeStorage, device: FakeDevice): void => {
  const group = node.group("fast");
  if (group === undefined) throw new Error("no group");
  for (const { name, claim, pending } of wishes) {
    if (pending === true) continue;
    const volume = node.addVolume(group, name, 0, tagsFor({ volume: name, claim }));
    node.allocate(volume, 10, [device]);
    if (name === "pvc-inactive") volume.activation = "inactive";
    if (name === "pvc-suspended") volume.activation = "suspended";
    if (name === "pvc-unlinked") volume.link = "absent";
  }
};

/** A node on which all of the agent's commands are due, but for vgcreate. */
const inUse = async (): Promise<FakeStorage> => {
  const storage = new FakeStorage();
  const { node } = storage;
  const grown = node.addDevice(first, 600);
  const leaving = node.addDevice(second, 400);
  node.addDevice(third, 600, { signatures: ["ext4"], serial: "S3" });
  const group = node.addGroup("fast", [grown, leaving], [managedTag, nodeTag("n1")]);
  storage.wish({ devices: [first, second] });
  await live(storage, minutes(1));
  group.tags.splice(0);
  grown.size += 100 * 1024 ** 2;
  addVolumes(storage, leaving);
  storage.restartAgent();
  storage.wish({
    devices: [{ path: first }, { path: second, evacuate: true }, { path: third, wipe: true }],
    volumes: wishes,
  });
  return storage;
};

const empty = (): Promise<FakeStorage> => {
  const storage = new FakeStorage();
  storage.node.addDevice(first, 600);
  storage.wish({ devices: [first], volumes: [entry("block", "40Mi")] });
  return Promise.resolve(storage);
};

type Row = {
  readonly build?: () => Promise<FakeStorage>;
  readonly strikes: (command: Command) => boolean;
};

const named =
  (name: string, operand = /(?:)/) =>
  ({ name: called, args }: Command): boolean =>
    called === name && args.some((arg) => operand.test(arg));

/** Each command that changes something, and what it is for where it has several uses. */
const rows: Readonly<Record<string, Row>> = {
  vgcreate: { build: empty, strikes: named("vgcreate") },
  vgextend: { strikes: named("vgextend") },
  vgchange: { strikes: named("vgchange") },
  vgreduce: { strikes: named("vgreduce") },
  vgmknodes: { strikes: named("vgmknodes") },
  pvresize: { strikes: named("pvresize") },
  pvchange: { strikes: named("pvchange") },
  pvmove: { strikes: named("pvmove") },
  pvremove: { strikes: named("pvremove") },
  "wipefs of a disk": { strikes: named("wipefs", /by-id/) },
  "wipefs of a new volume": { strikes: named("wipefs", /\/dev\/fast/) },
  "lvcreate of a volume": { strikes: named("lvcreate", /^--name=pvc-\w+$/) },
  "lvcreate of room to grow": { strikes: named("lvcreate", /^--name=.*\.room$/) },
  lvextend: {
    strikes: ({ name, args }) => name === "lvextend" && !args.includes("--test"),
  },
  "lvextend --test": { strikes: named("lvextend", /^--test$/) },
  "lvremove of a volume": { strikes: named("lvremove", /fast\/pvc-goes$/) },
  "lvremove of room to grow": { strikes: named("lvremove", /\.room$/) },
  "lvchange --activate": { strikes: named("lvchange", /^--activate=y$/) },
  "lvchange --refresh": { strikes: named("lvchange", /^--refresh$/) },
  "lvchange of tags": { strikes: named("lvchange", /^--(add|del)tag=/) },
  "mkfs.ext4": { strikes: named("mkfs.ext4") },
  "mkfs.xfs": { strikes: named("mkfs.xfs") },
  "mkfs.btrfs": { strikes: named("mkfs.btrfs") },
  "blkdiscard of a new volume": {
    strikes: named("blkdiscard", /fast\/pvc-(block|ext4|xfs|btrfs)$/),
  },
  "blkdiscard of a condemned volume": { strikes: named("blkdiscard", /fast\/pvc-goes$/) },
  "blkdiscard of room to grow": { strikes: named("blkdiscard", /\.room$/) },
  sync: { strikes: named("sync") },
};

const kinds = ["fails", "without_effect", "then_death"] as const;

/** Tenants' volumes that nobody wants removed, with what is in them. */
const treasuresOf = ({ node }: FakeStorage): readonly FakeVolume[] =>
  (node.group("fast")?.volumes ?? []).filter(
    ({ name, content }) => content === "data" && name !== "pvc-goes",
  );

const isDone = ({ status, volumeStates, node }: FakeStorage): boolean =>
  Object.values(volumeStates).every((state) => state === "Ready" || state === "Deleted") &&
  status.devices.every(
    ({ state, reason }) => /^(InUse|Evacuated)$/.test(state) && (reason ?? state) !== "NoEffect",
  ) &&
  node.group("fast")?.tags.includes(managedTag) === true;

/** Words on whatever is not as it should be. */
const wordsIn = ({ status }: FakeStorage): string[] =>
  [...status.volumes, ...status.devices, ...status.conditions].flatMap(({ reason, message }) =>
    reason === undefined ? [] : [`${reason} ${message ?? ""}`],
  );

/** An answer of the command, or of the one after it that found nothing done. */
const told =
  /NoEffect|Something is wrong|ended well and changed nothing|HasDependants|DeviceNotErased|DeviceInGroup/;

test.for(Object.keys(rows).flatMap((name) => kinds.map((kind) => ({ name, kind }))))(
  "$name $kind: nothing is lost, nothing repeats without a pause, it is told, and it is done in the end",
  async ({ name, kind }) => {
    const { build = inUse, strikes } = rows[name] ?? { strikes: () => false };
    const storage = await build();
    const { node } = storage;
    const treasures = treasuresOf(storage).map((volume) => ({ volume, extents: volume.extents }));
    let struck = 0;
    const isHit = (command: Command): boolean => {
      const hit = strikes(command);
      if (hit) struck += 1;
      return hit;
    };
    if (kind === "fails") {
      node.trouble = (command) => (isHit(command) ? "  Something is wrong." : undefined);
    } else node.spell = (command) => (isHit(command) ? kind : "none");

    await live(storage, minutes(5));
    expect(struck).toBeGreaterThan(0);
    node.ran.length = 0;
    const deaths = await live(storage, minutes(5));
    expect(node.ran.length).toBeLessThanOrEqual((5 + deaths) * 60);
    const silent = !isDone(storage) && wordsIn(storage).every((words) => !told.test(words));
    expect(kind !== "then_death" && silent ? wordsIn(storage) : []).toEqual([]);

    node.trouble = () => undefined;
    node.spell = () => "none";
    await live(storage, minutes(7));
    expect(storage.volumeStates).toEqual(
      Object.fromEntries(
        Object.keys(storage.volumeStates).map((volume) => [
          volume,
          volume === "pvc-goes" ? "Deleted" : "Ready",
        ]),
      ),
    );
    expect(isDone(storage)).toBe(true);
    for (const { volume, extents } of treasures) {
      expect(treasuresOf(storage)).toContain(volume);
      expect(volume.extents).toBeGreaterThanOrEqual(extents);
    }
  },
);

test("what the agent changes anything by is in the table", async () => {
  const ran = new Map<string, Command>();
  for (const build of [empty, inUse]) {
    const storage = await build();
    storage.node.spell = (command) => {
      ran.set([command.name, ...command.args].join(" "), command);
      return "none";
    };
    await live(storage, minutes(5));
    expect(isDone(storage)).toBe(true);
  }
  const all = Object.values(rows);
  const missing = [...ran].filter(([, command]) => all.every(({ strikes }) => !strikes(command)));
  expect(missing.map(([words]) => words)).toEqual([]);
  const idle = Object.entries(rows).filter(
    ([, { strikes }]) => ![...ran.values()].some((command) => strikes(command)),
  );
  expect(idle.map(([name]) => name)).toEqual([]);
});
