import type { StorageClass } from "@stowage/api";
import { parseClassParameters } from "@stowage/api";
import { bytes, gib } from "@stowage/capacity";
import type { Moment } from "@stowage/clock";
import { expect, test } from "vitest";
import { electNode } from "./elect-node.ts";
import type { NodeState } from "./seen-volume.ts";
import { groupWith, nodeWith, storageClassWith } from "./testing/objects.ts";

const elect = (
  given: {
    readonly request?: number;
    readonly storageClass?: StorageClass;
    readonly states?: Readonly<Record<string, NodeState>>;
  } = {},
) => {
  const storageClass = given.storageClass ?? storageClassWith();
  const parsed = parseClassParameters(storageClass);
  if (parsed.kind === "invalid") throw new Error(parsed.problem);
  return electNode({
    request: bytes(given.request ?? gib(1)),
    storageClass,
    parameters: parsed.parameters,
    groups: [
      groupWith({ node: "n1", status: { allocatable: "4Gi" } }),
      groupWith({ node: "n2", status: { allocatable: "8Gi" } }),
      groupWith({ node: "n3", status: { allocatable: "8Gi" } }),
    ],
    nodeState: (node) => given.states?.[node] ?? { kind: "usable", node: nodeWith(node) },
  });
};

const binpack = storageClassWith({ parameters: { volumeGroup: "fast", placement: "binpack" } });

test("spread elects the node where most is left, the first by name among equals", () => {
  expect(elect()).toEqual({ kind: "elected", node: "n2" });
});

test("binpack elects the fullest node that has the room", () => {
  expect(elect({ storageClass: binpack })).toEqual({ kind: "elected", node: "n1" });
  expect(elect({ storageClass: binpack, request: gib(5) })).toEqual({
    kind: "elected",
    node: "n2",
  });
});

test("nodes that are gone or have no ready agent are not elected", () => {
  const states = {
    n2: { kind: "gone" },
    n3: { kind: "agent_not_ready", since: 0 as Moment },
  } as const;
  expect(elect({ states })).toEqual({ kind: "elected", node: "n1" });
});

test("a claim that fits nowhere is told why, node by node", () => {
  expect(elect({ request: gib(9) })).toEqual({
    kind: "nowhere",
    why: "n1: needs 9 GiB in fast, 4 GiB free of 10 GiB (0 B booked); n2: needs 9 GiB in fast, 8 GiB free of 10 GiB (0 B booked); n3: needs 9 GiB in fast, 8 GiB free of 10 GiB (0 B booked)",
  });
});
