import { csiStorageCapacities } from "@stowage/api";
import { gib, noBytes } from "@stowage/capacity";
import type { Moment } from "@stowage/clock";
import { expect, test } from "vitest";
import {
  capacityElsewhere,
  capacityName,
  capacityOf,
  commonRoom,
  isSampled,
} from "./capacity-object.ts";
import { decreaseDelay, planCapacity } from "./plan-capacity.ts";
import { groupWith, nodeWith, storageClassWith } from "./testing/objects.ts";

const now = 1_000_000 as Moment;
const ago = (span: number): Moment => (now - span) as Moment;
const name = capacityName("fast", "n1.fast");

const published = (capacity: string, change: object = {}) =>
  csiStorageCapacities.parse({
    metadata: { name, namespace: "stowage-system" },
    storageClassName: "fast",
    nodeTopology: { matchLabels: { "kubernetes.io/hostname": "n1" } },
    capacity,
    ...change,
  });

const wakes = { kind: "wakes" } as const;
const prunes = { kind: "prunes", beyond: gib(5) } as const;
const wish = capacityOf(storageClassWith(), groupWith({}), nodeWith("n1"), prunes);

test.for([
  ["nothing is published yet", undefined, undefined, "create"],
  ["the number is right", published("10Gi"), undefined, undefined],
  ["there is more room than published", published("9Gi"), undefined, "update"],
  ["there is less room, seen just now", published("11Gi"), undefined, "look_again"],
  ["there is less room, for a while", published("11Gi"), ago(decreaseDelay), "update"],
  ["there is less room, and was even less", published("11Gi"), { lowest: gib(9) }, "update"],
  ["the number is right again", published("10Gi"), { lowest: gib(9) }, "update"],
  ["it is about another node", published("10Gi", { nodeTopology: {} }), undefined, "delete"],
  ["the role changed", published("10Gi", { maximumVolumeSize: "1Ti" }), undefined, "update"],
] as const)("when %s: %s", ([, object, decrease, kind]) => {
  const since = typeof decrease === "number" ? { since: decrease, lowest: gib(10) } : undefined;
  const known = typeof decrease === "object" ? { since: ago(1), ...decrease } : since;
  expect(planCapacity(name, wish, object, now, known)?.kind).toBe(kind);
});

test("room that was taken and is back wakes who was refused meanwhile: less is published, then more", () => {
  const was = { since: ago(1), lowest: gib(9) };
  const first = planCapacity(name, wish, published("10Gi"), now, was);
  expect(first).toMatchObject({ kind: "update", body: { capacity: "9Gi" } });
  const second = planCapacity(name, wish, published("9Gi"), now, undefined);
  expect(second).toMatchObject({ kind: "update", body: { capacity: "10Gi" } });
});

test("what is about nothing any more is deleted", () => {
  expect(planCapacity(name, undefined, published("1Gi"), now, undefined)).toEqual({
    kind: "delete",
    name,
  });
  expect(planCapacity(name, undefined, undefined, now, undefined)).toBeUndefined();
});

test.for([
  [99, false],
  [100, true],
] as const)("of %d nodes the scheduler takes a sample: %s", ([count, sampled]) => {
  expect(isSampled(count)).toBe(sampled);
});

test.for([
  { nodes: 100, expected: gib(93) },
  { nodes: 1000, expected: gib(981) },
  { nodes: 5000, expected: gib(4921) },
  { nodes: 10_000, expected: gib(9841) },
])("of $nodes nodes with 1, 2, 3 ... GiB, claims up to $expected bytes pass everywhere", (of) => {
  const rooms = Array.from({ length: of.nodes }, (_, index) => gib(index + 1));
  expect(commonRoom(rooms, of.nodes)).toBe(of.expected);
});

test("where few nodes have a group, no claim passes everywhere", () => {
  expect(commonRoom([gib(10), gib(20)], 1000)).toBe(noBytes);
});

test("nodes are named only for claims that do not pass everywhere", () => {
  const all = capacityElsewhere(storageClassWith(), prunes);
  expect(all).toMatchObject({ nodeLabels: {}, capacity: gib(5) });
  expect(all.maximumVolumeSize).toBeUndefined();
  expect(wish).toMatchObject({ capacity: gib(10) });
  expect(wish?.maximumVolumeSize).toBeUndefined();
  const common = { kind: "prunes", beyond: gib(10) } as const;
  const small = capacityOf(storageClassWith(), groupWith({}), nodeWith("n1"), common);
  expect(small).toMatchObject({ capacity: gib(10), maximumVolumeSize: noBytes });
});

test("a group that takes no volumes has no capacity, however much is free in it", () => {
  const cordoned = groupWith({ spec: { cordoned: true } });
  const closed = capacityOf(storageClassWith(), cordoned, nodeWith("n1"), prunes);
  expect(closed?.capacity).toBe(noBytes);
  expect(wish?.capacity).toBe(gib(10));
});

test("nodes that are gone or that the class does not allow are not published", () => {
  const elsewhere = storageClassWith({
    allowedTopologies: [{ matchLabelExpressions: [{ key: "zone", values: ["b"] }] }],
  });
  expect(capacityOf(elsewhere, groupWith({}), nodeWith("n1"), wakes)).toBeUndefined();
  expect(capacityOf(storageClassWith(), groupWith({}), undefined, wakes)).toBeUndefined();
});

test("where capacity only wakes, no claim is too large for the scheduler's own check", () => {
  const waking = capacityOf(storageClassWith(), groupWith({}), nodeWith("n1"), wakes);
  expect(waking?.maximumVolumeSize).toBeGreaterThan(gib(8_000_000));
  expect(capacityElsewhere(storageClassWith(), wakes).nodeLabels).toEqual({});
});
