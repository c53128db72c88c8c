import { seconds } from "@stowage/clock";
import { expect, test } from "vitest";
import { agentGrace } from "./absence.ts";
import { planVolume } from "./plan-volume.ts";
import { claimWith, groupWith, volumeName } from "./testing/objects.ts";
import { away, gone, pinned, placed, see, told } from "./testing/seen.ts";

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
  ["a pod that names its node, where there is room", { claim: pinned, pin: "n1" }, ["select n1"]],
  [
    "a pod that names its node, where there is none",
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
    "a pod that names a node without the group",
    { claim: pinned, pin: "n9" },
    [
      "tell: no volume on node n9, which the claim's pod names in spec.nodeName: no volume group fast",
      "look again in 15 s",
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
