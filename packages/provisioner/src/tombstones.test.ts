import { expect, test } from "vitest";
import type { SeenEntry } from "./seen-volume.ts";
import { groupWith, volumeName } from "./testing/objects.ts";
import { buried, pendingEntry } from "./testing/seen.ts";
import { Tombstones } from "./tombstones.ts";

const seen = (given: {
  readonly entry: object;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly state: string;
  readonly node?: string;
}): SeenEntry => {
  const { entry, generation, observedGeneration, state, node = "n1" } = given;
  const volumes = [{ name: volumeName, state }];
  const group = groupWith({
    node,
    generation,
    spec: { volumes: [entry] },
    status: { observedGeneration, volumes },
  });
  const [first] = group.spec.volumes;
  if (first === undefined) throw new Error("there is one");
  return { group, entry: first, status: group.status.volumes[0] };
};

const stateOf = (tombstones: Tombstones, entries: readonly SeenEntry[]): (string | undefined)[] =>
  tombstones.see(volumeName, entries).map(({ status }) => status?.state);

test("that the volume before it is gone, of the same name, says nothing of a tombstone", () => {
  const tombstones = new Tombstones();
  const promised = { entry: pendingEntry, generation: 5, observedGeneration: 4, state: "Deleted" };
  expect(stateOf(tombstones, [seen(promised)])).toEqual(["Deleted"]);
  const tombstone = { ...promised, entry: buried(pendingEntry), generation: 6 };
  expect(stateOf(tombstones, [seen(tombstone)])).toEqual([undefined]);
  // Its agent has seen the promise, and may be making the volume.
  expect(stateOf(tombstones, [seen({ ...tombstone, observedGeneration: 5 })])).toEqual([undefined]);
  expect(stateOf(tombstones, [seen({ ...tombstone, observedGeneration: 6 })])).toEqual(["Deleted"]);
});

test("other changes of a ledger do not put off what was said of its tombstone", () => {
  const tombstones = new Tombstones();
  const tombstone = { entry: buried(pendingEntry), generation: 6, observedGeneration: 6 };
  const deleted = { ...tombstone, state: "Deleted" };
  expect(stateOf(tombstones, [seen({ ...tombstone, state: "Deleting" })])).toEqual(["Deleting"]);
  expect(stateOf(tombstones, [seen({ ...deleted, generation: 9 })])).toEqual(["Deleted"]);
});

test("each ledger, and each tombstone after the one before, is known by itself", () => {
  const tombstones = new Tombstones();
  const here = { entry: buried(pendingEntry), state: "Deleted" };
  const there = { ...here, node: "n2", generation: 2, observedGeneration: 2 };
  const [one, other] = [seen({ ...here, generation: 6, observedGeneration: 5 }), seen(there)];
  expect(stateOf(tombstones, [one, other])).toEqual([undefined, "Deleted"]);
  expect(stateOf(tombstones, [])).toEqual([]);
  expect(stateOf(tombstones, [seen({ ...here, generation: 8, observedGeneration: 7 })])).toEqual([
    undefined,
  ]);
});
