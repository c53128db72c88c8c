import { expect, test } from "vitest";
import { planVolume } from "./plan-volume.ts";
import { groupWith, persistentVolumeWith, volumeName } from "./testing/objects.ts";
import { buried, holding, pendingEntry, placed, see, settledEntry, told } from "./testing/seen.ts";

test.for<[string, Parameters<typeof see>[0], string[]]>([
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
    ["confirm absence", "delete persistent volume", "release finalizer"],
  ],
  [
    "a Released volume whose entry was dropped a moment ago: nothing else leads back to it",
    {
      persistentVolume: persistentVolumeWith({ phase: "Released" }),
      groups: [groupWith({ generation: 4, status: { observedGeneration: 3 } })],
    },
    ["look again in 10 s"],
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
