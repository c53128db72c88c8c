import type { Claim, NodeLocalStorage, PersistentVolume } from "@stowage/api";
import { gib } from "@stowage/capacity";
import type { Instant, Milliseconds } from "@stowage/clock";
import { later, milliseconds, seconds } from "@stowage/clock";
import { expect, test } from "vitest";
import { agentGrace } from "./absence.ts";
import type { Companion } from "./companion.ts";
import { entryOf } from "./entry-of.ts";
import { companionGrace, planVolume, volumeDeadline } from "./plan-volume.ts";
import type { NodeState, SeenVolume } from "./seen-volume.ts";
import {
  claimWith,
  groupWith,
  nodeWith,
  persistentVolumeWith,
  storageClassWith,
  uid,
  volumeName,
} from "./testing/objects.ts";
import type { VolumeStep } from "./volume-step.ts";
import { wishOf } from "./wish.ts";

const now = 1_000_000 as Instant;
const noPause = milliseconds(0);
const ago = (span: number): Instant => (now - span) as Instant;

const pendingEntry = {
  name: volumeName,
  size: "1Gi",
  pending: true,
  claim: { namespace: "shop", name: "data", uid },
};
const settledEntry = { ...pendingEntry, pending: undefined };
const buried = (entry: object): object => ({ ...entry, delete: true });

/** A group that holds `entry`, of which its agent says `state`. */
const holding = (
  entry: object,
  state?: { state: string; size?: string; message?: string },
  node = "n1",
): NodeLocalStorage =>
  groupWith({
    node,
    spec: { volumes: [entry] },
    status: { volumes: state === undefined ? [] : [{ name: volumeName, ...state }] },
  });

const see = (given: {
  claim?: Claim;
  persistentVolume?: PersistentVolume;
  groups?: readonly NodeLocalStorage[];
  states?: Record<string, NodeState>;
  waitingSince?: Instant;
  placedSince?: Instant;
  companions?: readonly Companion[];
  forsaken?: string;
  pause?: Milliseconds;
  pin?: string;
}): SeenVolume => {
  const groups = given.groups ?? [groupWith({})];
  const wish = wishOf(given.claim, storageClassWith(), given.pin);
  return {
    name: volumeName,
    now,
    claim: given.claim,
    wish,
    nowhere: undefined,
    persistentVolume: given.persistentVolume,
    entries: groups.flatMap((group) =>
      group.spec.volumes.map((entry) => ({
        group,
        entry,
        status: group.status.volumes.find(({ name }) => name === entry.name),
      })),
    ),
    target: groups.find(
      ({ spec }) =>
        (wish.kind === "volume" || wish.kind === "pinned") && spec.nodeName === wish.node,
    ),
    nodeState: (name) => given.states?.[name] ?? { kind: "usable", node: nodeWith(name) },
    group: (name) => groups.find(({ metadata }) => metadata.name === name),
    waitingSince: given.waitingSince,
    placedSince: given.placedSince,
    companions: given.companions ?? [],
    forsaken: given.forsaken,
    pause: given.pause ?? noPause,
  };
};

/** The steps as a list of short sentences. */
const told = (steps: readonly VolumeStep[]): string[] =>
  steps.map((step) => {
    switch (step.kind) {
      case "reserve":
        return [
          `reserve in ${step.group}`,
          ...(step.entries.length > 1 ? [`with ${step.entries.length - 1} more`] : []),
        ].join(" ");
      case "restore":
      case "settle":
      case "drop":
        return `${step.kind} in ${step.group}`;
      case "bury":
        return `bury in ${step.group.metadata.name} as ${step.ground}`;
      case "create_persistent_volume":
        return `create the volume on ${step.hostname}`;
      case "clear_selected_node":
        return `clear ${step.node}`;
      case "select_node":
        return `select ${step.node}`;
      case "forsake":
        return `forsake ${step.volume}`;
      case "delete_persistent_volume":
      case "release_finalizer":
        return step.kind.replaceAll("_", " ");
      case "tell_claim":
      case "tell_persistent_volume":
        return `tell: ${step.why}`;
      case "look_again":
        return `look again in ${step.after / 1000} s`;
    }
  });

const placed = claimWith({ selectedNode: "n1" });
const pinned = claimWith({ metadata: { annotations: {} } });
const gone: NodeState = { kind: "gone" };
const away = (span: number): NodeState => ({ kind: "agent_not_ready", since: ago(span) });

test.for<[string, Parameters<typeof see>[0], string[]]>([
  ["no claim and nothing reserved", {}, []],
  ["a claim that no node was chosen for", { claim: claimWith({}) }, []],
  ["a claim just placed", { claim: placed }, ["reserve in n1.fast"]],
  [
    "a claim placed where there is no such group",
    { claim: claimWith({ selectedNode: "n9" }) },
    ["tell: no volume on node n9: no volume group fast", "clear n9"],
  ],
  [
    "a claim placed on a node that is gone",
    { claim: placed, states: { n1: gone } },
    ["tell: no volume on node n1: node n1 no longer exists", "clear n1"],
  ],
  [
    "a claim placed on a node whose agent is away for a moment",
    { claim: placed, states: { n1: away(5000) } },
    ["look again in 15 s"],
  ],
  [
    "a claim placed on a node whose agent is away for long",
    { claim: placed, states: { n1: away(agentGrace) } },
    ["tell: no volume on node n1: the Stowage agent on the node is not ready", "clear n1"],
  ],
  [
    "a claim that failed several times in a row",
    { claim: placed, pause: seconds(8) },
    ["look again in 8 s"],
  ],
  [
    "a claim whose entry somebody took out, its logical volume being there",
    {
      claim: placed,
      groups: [groupWith({ status: { orphans: [{ name: volumeName, size: "1Gi" }] } })],
    },
    ["restore in n1.fast"],
  ],
  [
    "case 20: a pod that names its node, where there is room",
    { claim: pinned, pin: "n1" },
    ["select n1"],
  ],
  [
    "case 20: a pod that names its node, where there is none",
    {
      claim: pinned,
      pin: "n1",
      groups: [groupWith({ status: { allocatable: "0" } })],
    },
    [
      "tell: no volume on node n1, which the claim's pod names in spec.nodeName: needs 1 GiB in fast, 0 B free of 10 GiB (0 B booked)",
      "look again in 15 s",
    ],
  ],
  [
    "case 20: a pod that names a node without the group",
    { claim: pinned, pin: "n9" },
    [
      "tell: no volume on node n9, which the claim's pod names in spec.nodeName: no volume group fast",
      "look again in 15 s",
    ],
  ],
  [
    "a promised volume whose companion was refused",
    { claim: placed, groups: [holding(pendingEntry)], forsaken: "no room for the other" },
    ["tell: no volume on node n1: no room for the other", "bury in n1.fast as failed"],
  ],
  [
    "room reserved, the agent at work",
    { claim: placed, groups: [holding(pendingEntry)], waitingSince: ago(20_000) },
    ["look again in 100 s"],
  ],
  [
    "a Ready volume",
    { claim: placed, groups: [holding(pendingEntry, { state: "Ready", size: "1Gi" })] },
    ["create the volume on n1", "settle in n1.fast"],
  ],
  [
    "a Failed volume",
    {
      claim: placed,
      groups: [holding(pendingEntry, { state: "Failed", message: "the group is full" })],
    },
    ["tell: no volume on node n1: the group is full", "bury in n1.fast as failed"],
  ],
  [
    "a volume that was handed out, lost its PersistentVolume, and now fails: its data stays",
    {
      claim: placed,
      groups: [holding(settledEntry, { state: "Failed", message: "the group is missing a disk" })],
    },
    ["tell: no volume on node n1: the group is missing a disk"],
  ],
  [
    "the same on a node that is gone: the claim waits for its data",
    { claim: placed, groups: [holding(settledEntry)], states: { n1: gone } },
    ["look again in 120 s"],
  ],
  [
    "an agent that takes too long",
    {
      claim: placed,
      groups: [holding(pendingEntry)],
      waitingSince: ago(volumeDeadline),
    },
    [
      "tell: no volume on node n1: the agent made no volume within 120 s",
      "bury in n1.fast as failed",
    ],
  ],
  [
    "a tombstone whose volume is not gone yet",
    { claim: placed, groups: [holding(buried(pendingEntry), { state: "Deleting" })] },
    [],
  ],
  [
    "a tombstone whose volume somebody holds",
    {
      claim: placed,
      groups: [holding(buried(pendingEntry), { state: "Deleting", message: "it is mounted" })],
    },
    ["tell: the volume of an attempt that failed is still on node n1: it is mounted"],
  ],
  [
    "a tombstone whose volume is gone: only now may the scheduler choose again",
    { claim: placed, groups: [holding(buried(pendingEntry), { state: "Deleted" })] },
    ["drop in n1.fast", "clear n1"],
  ],
  [
    "room reserved on a node that is gone",
    { claim: placed, groups: [holding(pendingEntry)], states: { n1: gone } },
    [
      "tell: no volume on node n1: node n1 no longer exists",
      "bury in n1.fast as failed",
      "clear n1",
    ],
  ],
  [
    "a claim sent from n2 to n1 while n2's volume is still there",
    { claim: placed, groups: [groupWith({}), holding(pendingEntry, { state: "Ready" }, "n2")] },
    ["bury in n2.fast as unwanted"],
  ],
  [
    "a claim sent from n2, which is gone, to n1",
    {
      claim: placed,
      groups: [groupWith({}), holding(buried(pendingEntry), { state: "Ready" }, "n2")],
      states: { n2: gone },
    },
    ["reserve in n1.fast"],
  ],
  [
    "a claim deleted before its volume was handed out",
    { groups: [holding(pendingEntry, { state: "Ready" })] },
    ["bury in n1.fast as unwanted"],
  ],
  [
    "a volume that was handed out, and neither claim nor PersistentVolume: its data stays",
    { groups: [holding(settledEntry, { state: "Ready" })] },
    [],
  ],
  [
    "a bound volume whose entry somebody took out",
    { persistentVolume: persistentVolumeWith({}) },
    ["restore in n1.fast"],
  ],
  [
    "a bound volume in good order",
    { persistentVolume: persistentVolumeWith({}), groups: [holding(settledEntry)] },
    [],
  ],
  [
    "a bound volume that is still pending in the ledger",
    { persistentVolume: persistentVolumeWith({}), groups: [holding(pendingEntry)] },
    ["settle in n1.fast"],
  ],
  [
    "a Released volume",
    {
      persistentVolume: persistentVolumeWith({ phase: "Released" }),
      groups: [holding(settledEntry, { state: "Ready" })],
    },
    ["bury in n1.fast as released"],
  ],
  [
    "a Released volume that is in use",
    {
      persistentVolume: persistentVolumeWith({ phase: "Released" }),
      groups: [holding(buried(settledEntry), { state: "Deleting", message: "in use by 253:4" })],
    },
    ["tell: in use by 253:4"],
  ],
  [
    "a Released volume whose logical volume is gone",
    {
      persistentVolume: persistentVolumeWith({ phase: "Released" }),
      groups: [holding(buried(settledEntry), { state: "Deleted" })],
    },
    ["drop in n1.fast", "delete persistent volume", "release finalizer"],
  ],
  [
    "a Released volume whose entry is dropped already",
    { persistentVolume: persistentVolumeWith({ phase: "Released" }) },
    ["delete persistent volume", "release finalizer"],
  ],
  [
    "a Released volume whose entry was lost while its logical volume is there",
    {
      persistentVolume: persistentVolumeWith({ phase: "Released" }),
      groups: [groupWith({ status: { orphans: [{ name: volumeName, size: "1Gi" }] } })],
    },
    ["restore in n1.fast"],
  ],
  [
    "a Released volume with policy Retain",
    {
      persistentVolume: persistentVolumeWith({
        phase: "Released",
        spec: { persistentVolumeReclaimPolicy: "Retain" },
      }),
      groups: [holding(settledEntry)],
    },
    [],
  ],
  [
    "a volume with policy Retain that somebody deletes: the data stays, as an orphan",
    {
      persistentVolume: persistentVolumeWith({
        phase: "Released",
        metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" },
        spec: { persistentVolumeReclaimPolicy: "Retain" },
      }),
      groups: [holding(settledEntry)],
    },
    ["drop in n1.fast", "release finalizer"],
  ],
  [
    "a bound volume that somebody deletes",
    {
      persistentVolume: persistentVolumeWith({
        metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" },
      }),
      groups: [holding(settledEntry)],
    },
    [],
  ],
  [
    "somebody else's PersistentVolume under our name",
    {
      claim: placed,
      persistentVolume: persistentVolumeWith({ metadata: { annotations: {} } }),
    },
    [
      `tell: no volume on node n1: a PersistentVolume ${volumeName} that is not for it already exists`,
    ],
  ],
])("%s", ([, given, expected]) => {
  expect(told(planVolume(see(given)))).toEqual(expected);
});

test.for([
  [{ accessModes: ["ReadWriteMany"] }, /access mode ReadWriteMany/],
  [{ dataSource: { kind: "VolumeSnapshot", name: "s" } }, /dataSource/],
  [{ dataSourceRef: { kind: "VolumeSnapshot", name: "s" } }, /dataSource/],
  [{ selector: { matchLabels: {} } }, /selector/],
] as const)("a claim with %j is refused in words, and nothing is reserved", ([spec, words]) => {
  const [first, ...others] = told(
    planVolume(see({ claim: claimWith({ selectedNode: "n1", spec }) })),
  );
  expect(first).toMatch(words);
  expect(others).toEqual(["clear n1"]);
  const paused = see({ claim: claimWith({ selectedNode: "n1", spec }), pause: seconds(4) });
  expect(told(planVolume(paused))).toEqual(["look again in 4 s"]);
});

test("the deadline counts from the first look, not from the claim", () => {
  const seen = see({ claim: placed, groups: [holding(pendingEntry)] });
  expect(told(planVolume(seen))).toEqual(["look again in 120 s"]);
  expect(told(planVolume({ ...seen, waitingSince: now, now: later(now, seconds(119)) }))).toEqual([
    "look again in 1 s",
  ]);
});

test.for<[string, object, string[]]>([
  [
    "in use",
    { state: "Deleting", reason: "InUse", message: "it is mounted" },
    ["tell: it is mounted"],
  ],
  ["being wiped", { state: "Deleting", reason: "Wiping", message: "1 GiB of 2 GiB wiped" }, []],
  ["not looked at yet", { state: "Failed", reason: "Missing", message: "there is none" }, []],
])("a tombstone that waits since its volume is %s", ([, state, words]) => {
  const group = groupWith({
    spec: { volumes: [buried(settledEntry)] },
    status: { volumes: [{ name: volumeName, ...state }] },
  });
  const persistentVolume = persistentVolumeWith({ phase: "Released" });
  expect(told(planVolume(see({ persistentVolume, groups: [group] })))).toEqual(words);
});

test("an entry that an admin wrote, without a claim, is never tombstoned", () => {
  const { claim: _claim, ...own } = pendingEntry;
  expect(planVolume(see({ groups: [holding(own, { state: "Ready", size: "1Gi" })] }))).toEqual([]);
  expect(told(planVolume(see({ groups: [holding(pendingEntry)] })))).toEqual([
    "bury in n1.fast as unwanted",
  ]);
});

/** Another claim of the same pod, placed on n1, with its volume in a group of which `free` is free. */
const companionIn = (volumeGroup: string, size: string, allocatable = "10Gi"): Companion => {
  const claim = claimWith({
    selectedNode: "n1",
    metadata: { name: "other", uid: "other" },
    spec: { resources: { requests: { storage: size } } },
  });
  const storageClass = storageClassWith({ parameters: { volumeGroup } });
  const wish = wishOf(claim, storageClass);
  if (wish.kind !== "volume") throw new Error("the companion has no node");
  const group = groupWith({ volumeGroup, status: { allocatable } });
  return { kind: "placed", wish, entry: entryOf(wish), group };
};

test.for<[string, Parameters<typeof see>[0], string[]]>([
  [
    "waits until the scheduler has placed all of them",
    { claim: placed, companions: [{ kind: "unplaced" }], placedSince: ago(500) },
    ["look again in 1.5 s"],
  ],
  [
    "does not wait for ever: the other pod of a shared claim may never be placed",
    { claim: placed, companions: [{ kind: "unplaced" }], placedSince: ago(companionGrace) },
    ["reserve in n1.fast"],
  ],
  [
    "reserves for those in its group in one go",
    { claim: placed, companions: [companionIn("fast", "2Gi")] },
    ["reserve in n1.fast with 1 more"],
  ],
  [
    "reserves alone where the others lie elsewhere",
    { claim: placed, companions: [companionIn("slow", "2Gi")] },
    ["reserve in n1.fast"],
  ],
  [
    "is given up, and they with it, when one of them has no room elsewhere",
    {
      claim: placed,
      companions: [companionIn("slow", "2Gi", "1Gi"), { kind: "promised", volume: "pvc-third" }],
    },
    [
      "tell: no volume on node n1: needs 2 GiB in slow, 1 GiB free of 10 GiB (0 B booked)",
      "clear n1",
      "tell: no volume on node n1: needs 2 GiB in slow, 1 GiB free of 10 GiB (0 B booked)",
      "clear n1",
      "forsake pvc-third",
    ],
  ],
])("of a pod's claims, one %s", ([, given, expected]) => {
  expect(told(planVolume(see(given)))).toEqual(expected);
});

test("of two entries that an elected claim has, the one beside the elected node's goes", () => {
  const seen = see({
    claim: placed,
    groups: [holding(pendingEntry), holding(pendingEntry, undefined, "n2")],
  });
  const { wish } = seen;
  if (wish.kind !== "volume") throw new Error("the claim is placed");
  const elected: SeenVolume = { ...seen, wish: { ...wish, chosenBy: "election" } };
  expect(told(planVolume(elected))[0]).toBe("bury in n2.fast as elsewhere");
  expect(told(planVolume(seen))[0]).toBe("bury in n2.fast as unwanted");
});

test.for([
  { where: "as an orphan", status: { orphans: [{ name: volumeName, size: "3Gi" }] } },
  {
    where: "in the report from before",
    status: { volumes: [{ name: volumeName, state: "Ready", size: "3Gi" }] },
  },
])(
  "an entry that was taken out comes back with all that its volume has on disk, seen $where",
  ({ status }) => {
    const [step] = planVolume(
      see({ persistentVolume: persistentVolumeWith({}), groups: [groupWith({ status })] }),
    );
    expect(step).toMatchObject({ kind: "restore", entry: { name: volumeName, size: gib(3) } });
  },
);
