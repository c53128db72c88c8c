import { gib, mib } from "@stowage/capacity";
import { expect, test } from "vitest";
import { Entries } from "./entries.ts";

test("packed entries answer as the list that they were made of", () => {
  const entries = new Entries([
    { name: "pvc-1", size: gib(1) },
    { name: "pvc-12", size: mib(5), delete: true },
  ]);
  expect(entries.count).toBe(2);
  expect(entries.names()).toEqual(["pvc-1", "pvc-12"]);
  expect(entries.has("pvc-12")).toBe(true);
  expect(entries.has("pvc-")).toBe(false);
  expect(entries.hasLiving("pvc-1")).toBe(true);
  expect(entries.hasLiving("pvc-12")).toBe(false);
  expect(entries.taken(mib(4))).toBe(gib(1) + mib(8));
  expect(entries.reservations()).toEqual([
    { name: "pvc-1", size: gib(1) },
    { name: "pvc-12", size: mib(5) },
  ]);
  expect(new Entries([]).names()).toEqual([]);
});
