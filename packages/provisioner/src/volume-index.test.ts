import type { NodeLocalStorage } from "@stowage/api";
import { expect, test } from "vitest";
import { groupWith } from "./testing/objects.ts";
import { VolumeIndex } from "./volume-index.ts";

const group = (
  volumes: Readonly<Record<string, "Ready" | "Deleted">>,
  generation = 3,
): NodeLocalStorage =>
  groupWith({
    generation,
    spec: { volumes: Object.keys(volumes).map((name) => ({ name, size: "1Gi" })) },
    status: {
      observedGeneration: generation,
      volumes: Object.entries(volumes).map(([name, state]) => ({ name, state })),
    },
  });

/** The volumes that are to be looked at after a change from one to the other. */
const news = (previous: NodeLocalStorage, object: NodeLocalStorage): string[] =>
  [...new VolumeIndex().apply({ kind: "updated", previous, object })].toSorted();

test("volumes are looked at of which something else is said, or nothing any more", () => {
  const before = group({ a: "Ready", b: "Ready", c: "Ready" });
  expect(news(before, group({ a: "Ready", b: "Deleted", d: "Ready" }))).toEqual(["b", "c", "d"]);
  expect(news(before, before)).toEqual([]);
});

test("a report on a newer ledger tells more of a volume that is gone, and of no other", () => {
  const volumes = { a: "Ready", b: "Deleted" } as const;
  expect(news(group(volumes, 3), group(volumes, 4))).toEqual(["b"]);
});

test("the groups that speak of a volume are known until they do so no more", () => {
  const index = new VolumeIndex();
  const object = group({ a: "Ready" });
  index.apply({ kind: "added", object });
  expect([...index.groupsOf("a")]).toEqual([object.metadata.name]);
  index.apply({ kind: "deleted", object });
  expect([...index.groupsOf("a")]).toEqual([]);
});
