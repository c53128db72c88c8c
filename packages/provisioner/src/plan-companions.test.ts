import { expect, test } from "vitest";
import type { Companion } from "./companion.ts";
import { entryOf } from "./entry-of.ts";
import { companionGrace, planVolume } from "./plan-volume.ts";
import { claimWith, groupWith, storageClassWith } from "./testing/objects.ts";
import { ago, holding, pendingEntry, placed, see, told } from "./testing/seen.ts";
import { wishOf } from "./wish.ts";

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
