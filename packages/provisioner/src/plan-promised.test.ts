import { later, seconds } from "@stowage/clock";
import { expect, test } from "vitest";
import { planVolume, volumeDeadline } from "./plan-volume.ts";
import type { SeenVolume } from "./seen-volume.ts";
import { groupWith, persistentVolumeWith, volumeName } from "./testing/objects.ts";
import {
  ago,
  buried,
  gone,
  holding,
  now,
  pendingEntry,
  placed,
  see,
  settledEntry,
  told,
} from "./testing/seen.ts";

test.for<[string, Parameters<typeof see>[0], string[]]>([
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
])("%s", ([, given, expected]) => {
  expect(told(planVolume(see(given)))).toEqual(expected);
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
