import { minutes } from "@stowage/clock";
import type { Command } from "@stowage/lvm";
import { tagsFor } from "@stowage/lvm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { entry, FakeStorage, handedOut } from "./testing/fake-storage.ts";
import { live } from "./testing/live.ts";

/*
 * A command that fails, one that ends well and changes nothing, one after whose effect the agent
 * dies: each hurts what it is about and nothing else, for as long as it lasts.
 */

const first = "/dev/sda";
const second = "/dev/sdb";
const third = "/dev/sdc";

/** What an agent with all of this to do runs on a node, but for what only looks. */
const commands = [
  "wipefs",
  "vgextend",
  "pvresize",
  "vgmknodes",
  "lvchange",
  "lvcreate",
  "lvextend",
  "lvremove",
  "mkfs.ext4",
  "blkdiscard",
  "sync",
  "pvchange",
  "pvmove",
  "vgreduce",
  "pvremove",
] as const;

const spell = fc.record({
  command: fc.constantFrom(...commands),
  /** Of one volume only; on the others the command works. */
  volume: fc.option(fc.constantFrom("1", "2", "3", "4", "5", "6"), { nil: undefined }),
  kind: fc.constantFrom("fails", "without_effect", "then_death"),
});

type Cast = typeof spell extends fc.Arbitrary<infer T> ? T : never;

const strikes = ({ command, volume }: Cast, { name, args }: Command): boolean =>
  name === command &&
  (volume === undefined || args.some((arg) => new RegExp(`pvc-${volume}$`).test(arg)));

/** One volume each to be made, formatted, grown, activated and removed, and one that needs nothing. */
const wishes = [
  entry("1", "40Mi"),
  entry("2", "40Mi", { fileSystem: { type: "ext4", mkfsOptions: "-m 0" } }),
  handedOut("3", "80Mi"),
  handedOut("4", "40Mi"),
  handedOut("5", "40Mi", { delete: true }),
  handedOut("6", "40Mi"),
];

const build = (): FakeStorage => {
  const storage = new FakeStorage();
  const { node } = storage;
  const devices = [node.addDevice(first, 400), node.addDevice(second, 400)];
  node.addDevice(third, 400, { signatures: ["ext4"] });
  const group = node.addGroup("fast", devices, ["stowage.dev/managed"]);
  for (const uid of ["3", "4", "5", "6"]) {
    const claim = { namespace: "default", name: `data-${uid}`, uid };
    const volume = node.addVolume(
      group,
      `pvc-${uid}`,
      10,
      tagsFor({ volume: `pvc-${uid}`, claim }),
    );
    volume.activation = uid === "4" ? "inactive" : "active";
    volume.link = uid === "6" ? "absent" : "present";
  }
  storage.wish({
    devices: [{ path: first }, { path: second, evacuate: true }, { path: third, wipe: true }],
    volumes: wishes,
  });
  return storage;
};

/** What cleans a new volume leaves no trace before all is done. */
const traceless: ReadonlySet<string> = new Set(["wipefs", "blkdiscard"]);

const touched = ({ volume, command, kind }: Cast): Set<string> => {
  // An agent that dies each time that it cleans the first of them comes to none of the others.
  if (kind === "then_death" && traceless.has(command)) return new Set(["pvc-1", "pvc-2"]);
  if (volume !== undefined) return new Set([`pvc-${volume}`]);
  const of: Partial<Record<Cast["command"], readonly string[]>> = {
    lvcreate: ["pvc-1", "pvc-2"],
    wipefs: ["pvc-1", "pvc-2"],
    "mkfs.ext4": ["pvc-2"],
    blkdiscard: ["pvc-1", "pvc-2"],
    // The mark that a new volume is complete, too.
    lvchange: ["pvc-1", "pvc-2", "pvc-4"],
    lvextend: ["pvc-3"],
    vgmknodes: ["pvc-6"],
  };
  return new Set(of[command]);
};

const ready = ["pvc-1", "pvc-2", "pvc-3", "pvc-4", "pvc-6"];

const check = async (cast: Cast): Promise<void> => {
  const storage = build();
  const { node } = storage;
  const isHit = (command: Command): boolean => strikes(cast, command);
  if (cast.kind === "fails") {
    node.trouble = (command) => (isHit(command) ? "  Something is wrong." : undefined);
  } else {
    const { kind } = cast;
    node.spell = (command) => (isHit(command) ? kind : "none");
  }
  await live(storage, minutes(5));

  const states = storage.volumeStates;
  const others = ready.filter((name) => !touched(cast).has(name));
  expect(Object.fromEntries(others.map((name) => [name, states[name]]))).toEqual(
    Object.fromEntries(others.map((name) => [name, "Ready"])),
  );

  node.ran.length = 0;
  storage.written.length = 0;
  const deaths = await live(storage, minutes(10));
  // A look, a retry and a look again, each minute; each kind of trouble may have its own minute. While
  // a device is to be taken or erased, each look is a closer one.
  expect(node.ran.length).toBeLessThanOrEqual(10 * 60 + deaths * 60);
  if (cast.kind !== "then_death") expect(storage.written.length).toBeLessThanOrEqual(1);

  node.trouble = () => undefined;
  node.spell = () => "none";
  await live(storage, minutes(3));
  expect(storage.volumeStates).toMatchObject({
    ...Object.fromEntries(ready.map((name) => [name, "Ready"])),
    "pvc-5": "Deleted",
  });
  expect(storage.status.devices.map(({ state }) => state)).toEqual(["InUse", "Evacuated", "InUse"]);
};

test("whatever a command does, its trouble stays its own, costs little, and ends with its cause", async () => {
  const all = commands.flatMap((command) =>
    (["fails", "without_effect", "then_death"] as const).map((kind): [Cast] => [
      { command, volume: undefined, kind },
    ]),
  );
  const property = fc.asyncProperty(spell, check);
  await expect(
    fc.assert(property, { numRuns: all.length + 60, examples: all }),
  ).resolves.toBeUndefined();
});
