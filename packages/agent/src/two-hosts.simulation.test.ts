import fc from "fast-check";
import { expect, test } from "vitest";
import type { Struck } from "./testing/strikes.ts";
import { arm, strikeKinds } from "./testing/strikes.ts";
import { TwoHosts } from "./testing/two-hosts.ts";

/*
 * Two nodes, their own disks and one that both see; admins, tenants, strangers. What is checked is what
 * lies on the disks, extent by extent, after each command: whose bytes were written over, and what a
 * tenant can read. Each road by which extents come to a volume is one of the acts.
 */

const content = fc.constantFrom("blank", "blank", "blank", "raw", "ext4", "ext4", "stranger");
const wish = fc.constantFrom("none", "use", "use", "use", "erase", "erase", "match");
const side = fc.constantFrom<0 | 1>(0, 0, 1);
const nth = fc.nat(7);

const disk = fc.record({ content, wish });

const act = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("promise"),
      side,
      mode: fc.constantFrom("Block", "Filesystem"),
      extents: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("grow"),
      side,
      nth,
      extents: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("condemn"),
      side,
      nth,
      wipe: fc.constantFrom("zero", "discard", "none"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "snapshot",
        "drop_by_hand",
        "by_hand",
        "restart",
        "lose_link",
        "clear_out",
      ),
      side,
      nth,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("evacuate", "evacuate", "return"), side, nth }),
  },
);

type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

const history = fc.record({
  lun: fc.record({ content, wishes: fc.tuple(wish, wish) }),
  disks: fc.tuple(disk, disk, disk),
  rounds: fc.array(fc.array(act, { minLength: 1, maxLength: 4, size: "max" }), {
    minLength: 4,
    maxLength: 9,
    size: "max",
  }),
  strikes: fc.array(
    fc.record({
      side,
      after: fc.oneof(fc.nat(40), fc.nat(250)),
      kind: fc.constantFrom(...strikeKinds),
      nth,
    }),
    { maxLength: 8, size: "max" },
  ),
});

type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

const carryOut = (hosts: TwoHosts, one: Act): void => {
  const { storage, tenants, wishes } = hosts.sides[one.side];
  switch (one.kind) {
    case "promise":
      tenants.promise(one.mode, one.extents);
      return;
    case "grow":
      tenants.grow(one.nth, one.extents);
      return;
    case "condemn":
      tenants.condemn(one.nth, one.wipe);
      return;
    case "snapshot":
      tenants.snapshot(one.nth);
      return;
    case "by_hand":
      tenants.makeByHand(1 + (one.nth % 4));
      return;
    case "drop_by_hand":
      tenants.dropByHand(one.nth);
      return;
    case "restart":
      storage.restartAgent();
      return;
    case "clear_out":
      tenants.clearOut();
      return;
    case "lose_link":
      tenants.loseLink(one.nth);
      return;
    case "evacuate":
    case "return": {
      const path = [...wishes.keys()][one.nth % wishes.size];
      hosts.sides[one.side].evacuated = one.kind === "return" ? undefined : path;
    }
  }
};

/** What happened in all histories together: one in which nothing happens proves nothing. */
const seen = { struck: new Map() as Struck, commands: new Map<string, number>(), given: 0 };

const check = async ({ lun, disks, rounds, strikes }: History): Promise<void> => {
  const hosts = new TwoHosts({ lun, disks });
  arm(hosts, strikes, seen.struck);
  for (const acts of rounds) {
    for (const one of acts) carryOut(hosts, one);
    await hosts.round();
    expect(hosts.broken).toBeUndefined();
  }
  for (const { storage, tenants } of hosts.sides) {
    seen.given += tenants.given;
    for (const name of storage.node.ran) {
      seen.commands.set(name, (seen.commands.get(name) ?? 0) + 1);
    }
  }
};

const unused = { content: "blank", wish: "none" } as const;
const used = { content: "blank", wish: "use" } as const;

/** What comes about by chance too seldom: a snapshot while another volume is wiped, and a move. */
const rare: History = {
  lun: { content: "blank", wishes: ["none", "none"] },
  disks: [used, used, unused],
  rounds: [
    [
      { kind: "promise", side: 0, mode: "Filesystem", extents: 2 },
      { kind: "promise", side: 0, mode: "Block", extents: 2 },
      { kind: "promise", side: 0, mode: "Filesystem", extents: 2 },
    ],
    [{ kind: "grow", side: 0, nth: 1, extents: 2 }],
    [{ kind: "clear_out", side: 0, nth: 0 }],
    [{ kind: "promise", side: 0, mode: "Block", extents: 3 }],
    [{ kind: "evacuate", side: 0, nth: 1 }],
    [{ kind: "return", side: 0, nth: 1 }],
  ],
  strikes: [
    { side: 0, after: 0, kind: "snapshot_of_waiting", nth: 0 },
    { side: 0, after: 0, kind: "snapshot_of_going", nth: 0 },
  ],
};

/** Each road takes one of these. */
const changes = [
  "vgcreate",
  "vgextend",
  "wipefs",
  "pvmove",
  "pvremove",
  "lvextend",
  "lvremove",
  "blkdiscard",
];

test("whatever befalls the disks of two nodes, no byte of others is written, and nobody reads what another one wrote", async () => {
  const property = fc.asyncProperty(history, check);
  await expect(fc.assert(property, { numRuns: 150, examples: [[rare]] })).resolves.toBeUndefined();
  expect(strikeKinds.filter((kind) => !seen.struck.has(kind))).toEqual([]);
  expect(changes.filter((name) => !seen.commands.has(name))).toEqual([]);
  expect(seen.given).toBeGreaterThan(100);
});
