import { expect, test } from "vitest";
import { planNodes } from "./node-plan.ts";

test("by default there are three plain nodes with two disks of 4 GiB each", () => {
  const plans = planNodes({});
  expect(plans.map(({ name, host }) => [name, host])).toEqual([
    ["n1", "plain"],
    ["n2", "plain"],
    ["n3", "plain"],
  ]);
  for (const { disks } of plans) {
    expect(disks.map(({ name, unit, sizeBytes }) => [name, unit, sizeBytes])).toEqual([
      ["disk1", 1, 4 * 1024 ** 3],
      ["disk2", 2, 4 * 1024 ** 3],
    ]);
  }
});

test("a node may have a kind and disks of its own", () => {
  const plans = planNodes({
    nodes: 2,
    hosts: ["plain", "rhel"],
    disks: ["1Gi"],
    disksOf: { n2: ["2Gi,sectors=4096", "0"] },
  });
  expect(plans.map(({ host }) => host)).toEqual(["plain", "rhel"]);
  expect(plans.map(({ disks }) => disks.map(({ sectors }) => sectors))).toEqual([
    [512],
    [4096, 512],
  ]);
});

test.for([
  [{ nodes: 1, disksOf: { n2: [] } }, /disks for n2: the nodes are n1/],
  [{ nodes: 2, hosts: ["udev", "udev", "udev"] as const }, /3 kinds of host for 2 nodes/],
  [{ nodes: 1, hosts: ["filtered"] as const, disks: ["1Gi"] }, /hides its second disk/],
  [{ nodes: 1, disks: Array.from({ length: 16 }, () => "1Gi") }, /15 disks at most/],
  [
    { nodes: 2, disksOf: { n1: ["1Gi,shared=a"], n2: ["2Gi,shared=a"] } },
    /shared disk a is described in two ways/,
  ],
  [{ nodes: 1, disks: ["1Gi,shared=a", "1Gi,shared=a"] }, /n1 has the shared disk a already/],
] as const)("%j makes no cluster, and the reason is told", ([options, why]) => {
  expect(() => planNodes(options)).toThrow(why);
});
