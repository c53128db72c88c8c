import { expect, test } from "vitest";
import { claimWith, storageClassWith } from "./testing/objects.ts";
import { entryOf } from "./entry-of.ts";
import { wishOf } from "./wish.ts";

const asking = (storage: string, volumeMode: "Filesystem" | "Block") =>
  claimWith({
    selectedNode: "n1",
    spec: { volumeMode, resources: { requests: { storage } } },
  });

test.for([
  ["ext4", "1", "Filesystem", "volume"],
  ["xfs", "300Mi", "Filesystem", "volume"],
  ["xfs", "100Mi", "Filesystem", "unsupported"],
  ["xfs", "100Mi", "Block", "volume"],
  ["btrfs", "109Mi", "Filesystem", "volume"],
  ["btrfs", "108Mi", "Filesystem", "unsupported"],
] as const)("%s on %s as %s: %s", ([fsType, size, volumeMode, kind]) => {
  const storageClass = storageClassWith({ parameters: { volumeGroup: "fast", fsType } });
  expect(wishOf(asking(size, volumeMode), storageClass).kind).toBe(kind);
});

test("a claim too small for its file system is told what would do", () => {
  const storageClass = storageClassWith({ parameters: { volumeGroup: "fast", fsType: "xfs" } });
  expect(wishOf(asking("100Mi", "Filesystem"), storageClass)).toEqual({
    kind: "unsupported",
    why: "xfs needs at least 300 MiB, and the claim asks for 100 MiB; ask for more, or use a class with fsType ext4",
  });
});

test.for([
  [{ accessModes: ["ReadWriteMany"] }, {}],
  [{ selector: {} }, {}],
  [{}, { parameters: { volumeGroup: "fast", fstype: "xfs" } }],
  [{}, { parameters: { nodes: "[{" } }],
] as const)("what no node can serve is refused before one is chosen: %j %j", ([spec, change]) => {
  const claim = claimWith({ spec, metadata: { annotations: {} } });
  expect(wishOf(claim, storageClassWith(change)).kind).toBe("unsupported");
});

test("a claim waits for its node, or for a pod that names one", () => {
  const unplaced = claimWith({ metadata: { annotations: {} } });
  expect(wishOf(unplaced, storageClassWith())).toEqual({ kind: "none" });
  expect(wishOf(unplaced, storageClassWith(), "n1")).toMatchObject({ kind: "pinned", node: "n1" });
  const placed = { ...unplaced, selectedNode: "n1" };
  expect(wishOf(placed, storageClassWith())).toMatchObject({ kind: "volume", node: "n1" });
});

test("a claim that Kubernetes has not handed over, or to another provisioner, is left alone", () => {
  const claim = claimWith({ metadata: { annotations: {} } });
  const immediate = storageClassWith({ volumeBindingMode: "Immediate" });
  expect(wishOf(claim, immediate)).toEqual({ kind: "none" });
  const another = { ...claim, selectedNode: "n1", storageProvisioner: "another" };
  expect(wishOf(another, storageClassWith())).toEqual({ kind: "none" });
});

test.for([
  ["Filesystem", { type: "xfs", mkfsOptions: "-i size=1024" }],
  ["Block", undefined],
] as const)(
  "mkfsOptions of the class go into the entry of a %s claim: %j",
  ([mode, fileSystem]) => {
    const parameters = { volumeGroup: "fast", fsType: "xfs", mkfsOptions: "-i  size=1024" };
    const wish = wishOf(asking("1Gi", mode), storageClassWith({ parameters }));
    expect(wish.kind === "volume" ? entryOf(wish).fileSystem : "no wish").toEqual(fileSystem);
  },
);
