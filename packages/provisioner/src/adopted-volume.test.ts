import type { NodeLocalStorage, PersistentVolume } from "@stowage/api";
import { annotations, provisionerName } from "@stowage/api";
import type { Moment } from "@stowage/clock";
import { milliseconds } from "@stowage/clock";
import { expect, test } from "vitest";
import { planHandedOut } from "./plan-handed-out.ts";
import type { SeenVolume } from "./seen-volume.ts";
import { groupWith, nodeWith, persistentVolumeWith, uid, volumeName } from "./testing/objects.ts";

/** As `kubectl stowage orphans adopt` makes it, once a claim of the rebuilt cluster has it. */
const adopted = (phase: string): PersistentVolume =>
  persistentVolumeWith({
    phase,
    metadata: {
      annotations: {
        [annotations.provisionedBy]: provisionerName,
        [annotations.nodeLocalStorage]: "n1.fast",
        [annotations.adopted]: uid,
      },
    },
    spec: { claimRef: { namespace: "shop", name: "data", uid: "of-the-rebuilt-cluster" } },
  });

const entry = {
  name: volumeName,
  size: "1Gi",
  claim: { namespace: "shop", name: "data", uid },
};

const seenIn = (group: NodeLocalStorage): SeenVolume => ({
  name: volumeName,
  now: 0 as Moment,
  claim: undefined,
  wish: { kind: "none" },
  persistentVolume: undefined,
  entries: group.spec.volumes.map((one) => ({
    group,
    entry: one,
    status: group.status.volumes.find(({ name }) => name === one.name),
  })),
  nowhere: undefined,
  target: undefined,
  nodeState: (name) => ({ kind: "usable", node: nodeWith(name) }),
  group: () => group,
  waitingSince: undefined,
  placedSince: undefined,
  companions: [],
  forsaken: undefined,
  pause: milliseconds(0),
});

test("an adopted volume whose entry was taken out gets it back for the claim of its tags", () => {
  expect(planHandedOut(seenIn(groupWith({})), adopted("Bound"))).toEqual([
    {
      kind: "restore",
      group: "n1.fast",
      entry: {
        name: volumeName,
        size: 2 ** 30,
        volumeMode: "Filesystem",
        claim: { namespace: "shop", name: "data", uid },
      },
    },
  ]);
});

test("an adopted volume that no claim has yet is kept", () => {
  const group = groupWith({ spec: { volumes: [entry] } });
  expect(planHandedOut(seenIn(group), adopted("Available"))).toEqual([]);
});

test("an adopted volume goes in order when its claim is deleted", () => {
  const group = groupWith({ spec: { volumes: [entry] } });
  expect(planHandedOut(seenIn(group), adopted("Released"))).toMatchObject([
    { kind: "bury", ground: "released" },
  ]);
  const buried = groupWith({
    spec: { volumes: [{ ...entry, delete: true }] },
    status: { volumes: [{ name: volumeName, state: "Deleted" }] },
  });
  expect(planHandedOut(seenIn(buried), adopted("Released")).map(({ kind }) => kind)).toEqual([
    "drop",
    "delete_persistent_volume",
    "release_finalizer",
  ]);
});
