import { csiStorageCapacities } from "@stowage/api";
import { gib, noBytes } from "@stowage/capacity";
import type { Instant } from "@stowage/clock";
import { expect, test } from "vitest";
import { capacityElsewhere, capacityName, capacityOf, roleFor } from "./capacity-object.ts";
import { decreaseDelay, planCapacity } from "./plan-capacity.ts";
import { groupWith, nodeWith, storageClassWith } from "./testing/objects.ts";

const now = 1_000_000 as Instant;
const ago = (span: number): Instant => (now - span) as Instant;
const name = capacityName("fast", "n1.fast");

const published = (capacity: string, change: object = {}) =>
  csiStorageCapacities.parse({
    metadata: { name, namespace: "stowage-system" },
    storageClassName: "fast",
    nodeTopology: { matchLabels: { "kubernetes.io/hostname": "n1" } },
    capacity,
    ...change,
  });

const wish = capacityOf(storageClassWith(), groupWith({}), nodeWith("n1"), "prunes");

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
  [99, "wakes"],
  [100, "prunes"],
] as const)("with %d nodes capacity %s", ([count, role]) => {
  expect(roleFor(count)).toBe(role);
});

test("a group that takes no volumes has no capacity, however much is free in it", () => {
  const cordoned = groupWith({ spec: { cordoned: true } });
  const closed = capacityOf(storageClassWith(), cordoned, nodeWith("n1"), "prunes");
  expect(closed?.capacity).toBe(noBytes);
  expect(wish?.capacity).toBe(gib(10));
});

test("nodes that are gone or that the class does not allow are not published", () => {
  const elsewhere = storageClassWith({
    allowedTopologies: [{ matchLabelExpressions: [{ key: "zone", values: ["b"] }] }],
  });
  expect(capacityOf(elsewhere, groupWith({}), nodeWith("n1"), "wakes")).toBeUndefined();
  expect(capacityOf(storageClassWith(), groupWith({}), undefined, "wakes")).toBeUndefined();
});

test("where capacity only wakes, no claim is too large for the scheduler's own check", () => {
  const waking = capacityOf(storageClassWith(), groupWith({}), nodeWith("n1"), "wakes");
  expect(waking?.maximumVolumeSize).toBeGreaterThan(gib(8_000_000));
  expect(capacityElsewhere(storageClassWith(), "wakes")?.nodeLabels).toEqual({});
  expect(capacityElsewhere(storageClassWith(), "prunes")).toBeUndefined();
});
