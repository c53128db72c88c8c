import type { Bytes } from "@stowage/capacity";
import { gib, mib } from "@stowage/capacity";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Things, World } from "./testing/harness.ts";
import { filter, makeWorld, see, seeNodes } from "./testing/harness.ts";
import {
  agentPod,
  claim,
  ephemeralVolume,
  node,
  podWith,
  storage,
  storageClass,
} from "./testing/objects.ts";

const oneNode = (things: Things = {}): World => {
  const world = makeWorld();
  seeNodes(world, "n1");
  see(world, things);
  return world;
};

/** The words for n1; undefined when it passed. */
const wordsFor = async (world: World, pod: object): Promise<string | undefined> =>
  (await filter(world, pod, ["n1"])).FailedAndUnresolvableNodes["n1"];

test.for<{ name: string; things: Things; claims?: string[]; words: string | undefined }>([
  { name: "a claim that fits", things: { claims: [claim({ name: "a" })] }, words: undefined },
  {
    name: "a claim as large as the room",
    things: { claims: [claim({ name: "a", size: gib(10) })] },
    words: undefined,
  },
  {
    name: "a claim one extent too large",
    things: { claims: [claim({ name: "a", size: gib(10 + 1 / 256) })] },
    words: "needs 10.1 GiB in fast, 10 GiB free of 10 GiB (0 B booked)",
  },
  {
    name: "two claims that fit only one at a time",
    things: { claims: [claim({ name: "a", size: gib(6) }), claim({ name: "b", size: gib(6) })] },
    claims: ["a", "b"],
    words: "needs 12 GiB in fast for 2 volumes, 10 GiB free of 10 GiB (0 B booked)",
  },
  {
    name: "two claims in two groups, the second of which is full",
    things: {
      storages: [storage({ node: "n1", volumeGroup: "slow", allocatable: gib(1) })],
      classes: [storageClass({ name: "slow", volumeGroup: "slow" })],
      claims: [claim({ name: "a" }), claim({ name: "b", size: gib(2), storageClass: "slow" })],
    },
    claims: ["a", "b"],
    words: "needs 2 GiB in slow, 1 GiB free of 1 GiB (0 B booked)",
  },
  {
    name: "a claim beside entries and a tombstone",
    things: {
      storages: [
        storage({
          node: "n1",
          volumes: [
            { uid: "x", size: gib(4) },
            { uid: "y", size: gib(4), delete: true },
          ],
        }),
      ],
      claims: [claim({ name: "a" })],
    },
    words: "needs 3 GiB in fast, 2 GiB free of 10 GiB (8 GiB booked)",
  },
  {
    name: "a claim whose own entry stands on the node",
    things: {
      storages: [storage({ node: "n1", volumes: [{ uid: "uid-a", size: gib(9) }] })],
      claims: [claim({ name: "a", size: gib(9) })],
    },
    words: undefined,
  },
  {
    name: "a claim whose own entry stands on a node that was cordoned since",
    things: {
      storages: [
        storage({ node: "n1", cordoned: true, volumes: [{ uid: "uid-a", size: gib(3) }] }),
      ],
      claims: [claim({ name: "a" })],
    },
    words: undefined,
  },
  {
    name: "a claim whose own entry on the node is a tombstone",
    things: {
      storages: [storage({ node: "n1", volumes: [{ uid: "uid-a", size: gib(6), delete: true }] })],
      claims: [claim({ name: "a", size: gib(6) })],
    },
    words: "needs 6 GiB in fast, 4 GiB free of 10 GiB (6 GiB booked)",
  },
  {
    name: "a claim beside one that selected the node and has no entry yet",
    things: {
      claims: [
        claim({ name: "a", size: gib(6) }),
        claim({ name: "b", size: gib(6), selectedNode: "n1" }),
      ],
    },
    words: "needs 6 GiB in fast, 4 GiB free of 10 GiB (6 GiB booked)",
  },
  {
    name: "a claim beside one that selected the node and has its entry",
    things: {
      storages: [storage({ node: "n1", volumes: [{ uid: "uid-b", size: gib(4) }] })],
      claims: [
        claim({ name: "a", size: gib(6) }),
        claim({ name: "b", size: gib(4), selectedNode: "n1" }),
      ],
    },
    words: undefined,
  },
  {
    name: "a claim that selected the node itself",
    things: { claims: [claim({ name: "a", size: gib(10), selectedNode: "n1" })] },
    words: undefined,
  },
  {
    name: "a bound claim",
    things: { claims: [claim({ name: "a", size: gib(99), volumeName: "pvc-a" })] },
    words: undefined,
  },
  {
    name: "a claim of another driver",
    things: {
      classes: [storageClass({ name: "nfs", provisioner: "nfs.example" })],
      claims: [claim({ name: "a", size: gib(99), storageClass: "nfs" })],
    },
    words: undefined,
  },
  {
    name: "a claim whose class is gone",
    things: { claims: [claim({ name: "a", size: gib(99), storageClass: "gone" })] },
    words: undefined,
  },
  { name: "a claim that does not exist", things: {}, words: undefined },
  {
    name: "a claim that is being deleted",
    things: { claims: [claim({ name: "a", deleting: true })] },
    words: "claim shop/a is being deleted",
  },
  {
    name: "a class with a misspelt parameter",
    things: {
      classes: [storageClass({ parameters: { volumeGroup: "fast", fstype: "xfs" } })],
      claims: [claim({ name: "a" })],
    },
    words: 'the parameters of class fast are invalid: Unrecognized key: "fstype"',
  },
  {
    name: "a class that allows other nodes only",
    things: {
      nodes: [node("n1", { zone: "east" })],
      classes: [storageClass({ zones: ["west"] })],
      claims: [claim({ name: "a" })],
    },
    words: "the node is outside the allowedTopologies of class fast",
  },
  {
    name: "a class that allows the node",
    things: {
      nodes: [node("n1", { zone: "east" })],
      classes: [storageClass({ zones: ["west", "east"] })],
      claims: [claim({ name: "a" })],
    },
    words: undefined,
  },
  {
    name: "a group that the node does not have",
    things: {
      classes: [storageClass({ volumeGroup: "huge" })],
      claims: [claim({ name: "a" })],
    },
    words: "no volume group huge",
  },
  {
    name: "a node whose agent is not ready",
    things: { agents: [agentPod("n1", "False")], claims: [claim({ name: "a" })] },
    words: "the Stowage agent on the node is not ready",
  },
  {
    name: "a cordoned group",
    things: {
      storages: [storage({ node: "n1", cordoned: true })],
      claims: [claim({ name: "a" })],
    },
    words: "volume group fast is cordoned",
  },
  {
    name: "a degraded group",
    things: { storages: [storage({ node: "n1", ready: "False" })], claims: [claim({ name: "a" })] },
    words: "volume group fast is not ready: a device is missing",
  },
  {
    name: "a group with a full list",
    things: {
      storages: [
        storage({
          node: "n1",
          allocatable: gib(100),
          volumes: Array.from({ length: 1000 }, (_, index) => ({ uid: `${index}`, size: mib(4) })),
        }),
      ],
      claims: [claim({ name: "a" })],
    },
    words: "fast already holds its limit of 1000 volumes",
  },
])("$name: $words", async ({ things, claims = ["a"], words }) => {
  expect(await wordsFor(oneNode(things), podWith("web", claims))).toBe(words);
});

test.for([
  {
    name: "counts from the template before its claim exists",
    volume: { size: "5Gi" },
    words: /^needs 11 GiB in fast for 2 volumes, 10 GiB free of 10 GiB \(0 B booked\)$/,
  },
  {
    name: "without a class counts where the default class is ours",
    volume: { size: "5Gi", storageClass: undefined },
    words: /^needs 11 GiB in fast for 2 volumes, 10 GiB free of 10 GiB \(0 B booked\)$/,
  },
  {
    name: "with a size that is none is refused",
    volume: { size: "much" },
    words: /^claim shop\/web-scratch cannot be read: /,
  },
])("an ephemeral volume $name", async ({ volume, words }) => {
  const world = oneNode({
    classes: [storageClass({ isDefault: true })],
    claims: [claim({ name: "a", size: gib(6) })],
  });
  const pod = podWith("web", ["a"], [ephemeralVolume("scratch", volume)]);
  expect(await wordsFor(world, pod)).toMatch(words);
});

test.for([
  { name: "that fits beside the pod's claims", volume: { size: "4Gi" } },
  { name: "of another driver, of whatever size", volume: { storageClass: "nfs", size: "10Ei" } },
])("an ephemeral volume $name passes", async ({ volume }) => {
  const world = oneNode({
    classes: [storageClass({ name: "nfs", provisioner: "nfs.example" })],
    claims: [claim({ name: "a", size: gib(6) })],
  });
  const pod = podWith("web", ["a"], [ephemeralVolume("scratch", volume)]);
  expect(await wordsFor(world, pod)).toBeUndefined();
});

test("an ephemeral volume's claim counts once it exists, and must be the pod's own", async () => {
  const pod = podWith("web", [], [ephemeralVolume("scratch")]);
  const own = claim({ name: "web-scratch", size: gib(11), ownerUid: "uid-web" });
  expect(await wordsFor(oneNode({ claims: [own] }), pod)).toMatch(/^needs 11 GiB/);
  const foreign = claim({ name: "web-scratch", ownerUid: "uid-of-a-former-web" });
  expect(await wordsFor(oneNode({ claims: [foreign] }), pod)).toBe(
    "claim shop/web-scratch was not made for pod shop/web; delete or rename one of them",
  );
});

test("a claim recreated under its name is another claim", async () => {
  const world = oneNode({ claims: [claim({ name: "a", deleting: true, uid: "old" })] });
  expect(await wordsFor(world, podWith("web", ["a"]))).toBe("claim shop/a is being deleted");
  see(world, { claims: [claim({ name: "a", uid: "new" })] });
  expect(await wordsFor(world, podWith("web", ["a"]))).toBeUndefined();
});

const groups = ["fast", "slow"] as const;
const anyExtents = fc.integer({ min: 1, max: 6 });
const anyRoom = fc.integer({ min: 0, max: 12 });
const anyVolume = { group: fc.constantFrom(...groups), extents: anyExtents };
const extents = (count: number): Bytes => mib(4 * count);

const totalIn = (list: readonly { group: string; extents: number }[], group: string): number =>
  list.reduce((total, one) => total + (one.group === group ? one.extents : 0), 0);

test("all claims of a pod fit together exactly where a naive count says so", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ fast: anyRoom, slow: anyRoom }),
      fc.array(fc.record(anyVolume), { maxLength: 5 }),
      fc.array(
        fc.record({ ...anyVolume, how: fc.constantFrom("entry", "tombstone", "selected") }),
        { maxLength: 4 },
      ),
      async (room, mine, others) => {
        const world = makeWorld();
        seeNodes(world, "n1");
        const named = others.map((other, index) => Object.assign({ uid: `other-${index}` }, other));
        const entriesOf = (group: string) =>
          named.filter((one) => one.group === group && one.how !== "selected");
        see(world, {
          classes: groups.map((group) => storageClass({ name: group, volumeGroup: group })),
          storages: groups.map((volumeGroup) =>
            storage({
              node: "n1",
              volumeGroup,
              allocatable: extents(room[volumeGroup]),
              volumes: entriesOf(volumeGroup).map(({ uid, extents: count, how }) =>
                Object.assign(
                  { uid, size: extents(count) },
                  how === "tombstone" ? { delete: true as const } : {},
                ),
              ),
            }),
          ),
          claims: [
            ...mine.map(({ group, extents: count }, index) =>
              claim({ name: `mine-${index}`, storageClass: group, size: extents(count) }),
            ),
            ...named
              .filter(({ how }) => how === "selected")
              .map(({ uid, group, extents: count }) =>
                claim({ name: uid, storageClass: group, size: extents(count), selectedNode: "n1" }),
              ),
          ],
        });
        const fits = groups.every(
          (group) =>
            totalIn(mine, group) === 0 ||
            totalIn(others, group) + totalIn(mine, group) <= room[group],
        );
        const pod = podWith(
          "web",
          mine.map((_, index) => `mine-${index}`),
        );
        expect((await filter(world, pod, ["n1"])).NodeNames).toEqual(fits ? ["n1"] : []);
      },
    ),
    { numRuns: 150 },
  );
});
