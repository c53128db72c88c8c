import type { NodeLocalStorage, VolumeEntry } from "@stowage/api";
import { groupOf, nodeLocalStorages } from "@stowage/api";
import { bytes, free, gib, mib } from "@stowage/capacity";
import type { JsonPatchOperation } from "@stowage/kube";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { LedgerChange } from "./ledger-change.ts";
import { planLedgerPatch } from "./ledger-change.ts";
import { groupWith } from "./testing/objects.ts";

const entry = (name: string, size = gib(1)): VolumeEntry => ({ name, size, pending: true });

test("a patch begins with tests of the generation and of the object that it was planned on", () => {
  const { operations } = planLedgerPatch(groupWith({ generation: 12 }), [
    { kind: "reserve", entries: [entry("a")] },
  ]);
  expect(operations).toEqual([
    { op: "test", path: "/metadata/generation", value: 12 },
    { op: "test", path: "/metadata/uid", value: "uid-of-n1" },
    { op: "add", path: "/spec/volumes/-", value: { name: "a", size: "1Gi", pending: true } },
  ]);
});

test("of several claims that come at once, those that fit share a patch, the others are told why", () => {
  const { operations, outcomes } = planLedgerPatch(groupWith({}), [
    { kind: "reserve", entries: [entry("a", gib(6))] },
    { kind: "reserve", entries: [entry("b", gib(6))] },
    { kind: "reserve", entries: [entry("c", gib(4))] },
  ]);
  expect(outcomes).toMatchObject([
    { kind: "reserved", added: ["a"] },
    { kind: "refused", refusal: { code: "no_room", need: gib(6), free: gib(4) } },
    { kind: "reserved", added: ["c"] },
  ]);
  expect(operations.map((operation) => operation.op)).toEqual(["test", "test", "add", "add"]);
});

test.for([
  { where: "as an orphan", status: { orphans: [{ name: "a", size: "3Gi" }] } },
  {
    where: "in the report from before",
    status: { volumes: [{ name: "a", state: "Ready", size: "3Gi" }] },
  },
])(
  "an entry that was taken out comes back with all that its volume has on disk, seen $where",
  ({ status }) => {
    const { operations } = planLedgerPatch(groupWith({ status }), [
      { kind: "restore", entry: entry("a") },
    ]);
    expect(operations.slice(2)).toMatchObject([{ value: { name: "a", size: "3Gi" } }]);
  },
);

test("a volume that is put back takes its room before a new one is promised any", () => {
  const { operations, outcomes } = planLedgerPatch(groupWith({}), [
    { kind: "reserve", entries: [entry("new", gib(6))] },
    { kind: "restore", entry: entry("there-already", gib(6)) },
  ]);
  expect(outcomes).toMatchObject([
    { kind: "refused", refusal: { code: "no_room", need: gib(6), free: gib(4) } },
    { kind: "done" },
  ]);
  expect(operations.slice(2)).toMatchObject([{ value: { name: "there-already" } }]);
});

test("an entry that is there, or that a change before in the same patch adds, is not added by this one", () => {
  const object = groupWith({ spec: { volumes: [{ name: "a", size: "1Gi", pending: true }] } });
  const { operations, outcomes } = planLedgerPatch(object, [
    { kind: "reserve", entries: [entry("a")] },
    { kind: "reserve", entries: [entry("a"), entry("b")] },
    { kind: "reserve", entries: [entry("b"), entry("c")] },
  ]);
  expect(outcomes).toEqual([
    { kind: "reserved", added: [] },
    { kind: "reserved", added: ["b"] },
    { kind: "reserved", added: ["c"] },
  ]);
  expect(operations.slice(2)).toMatchObject([{ value: { name: "b" } }, { value: { name: "c" } }]);
});

test.for<LedgerChange>([
  { kind: "restore", entry: entry("a") },
  { kind: "grow", volume: "a", size: mib(1000), volumeMode: "Block" },
  { kind: "grow", volume: "b", size: gib(2), volumeMode: "Block" },
  { kind: "grow", volume: "unknown", size: gib(2), volumeMode: "Block" },
  { kind: "settle", volume: "b" },
  { kind: "settle", volume: "unknown" },
  { kind: "bury", volume: "b", unless: "never" },
  { kind: "bury", volume: "unknown", unless: "never" },
  { kind: "drop", volume: "unknown", of: "any" },
])("what is so already is not written again: %j", (change) => {
  const object = groupWith({
    spec: {
      volumes: [
        { name: "a", size: "1Gi", pending: true },
        { name: "b", size: "1Gi", delete: true },
      ],
    },
  });
  expect(planLedgerPatch(object, [change])).toEqual({
    operations: [],
    outcomes: [{ kind: "done" }],
  });
});

test("claims of one pod get their room together or not at all, and what they do not get stays free", () => {
  const { operations, outcomes } = planLedgerPatch(groupWith({}), [
    { kind: "reserve", entries: [entry("a", gib(6)), entry("b", gib(6))] },
    { kind: "reserve", entries: [entry("c", gib(6)), entry("d", gib(4))] },
  ]);
  expect(outcomes).toMatchObject([
    { kind: "refused", refusal: { code: "no_room", need: gib(12), free: gib(10), volumes: 2 } },
    { kind: "reserved", added: ["c", "d"] },
  ]);
  expect(operations.map((operation) => ("value" in operation ? operation.value : ""))).toEqual([
    3,
    "uid-of-n1",
    { name: "c", size: "6Gi", pending: true },
    { name: "d", size: "4Gi", pending: true },
  ]);
});

test("a volume that was handed out meanwhile is not buried as one that was not", () => {
  const object = groupWith({ spec: { volumes: [{ name: "a", size: "1Gi" }] } });
  const bury = (unless: "handed_out" | "never") =>
    planLedgerPatch(object, [{ kind: "bury", volume: "a", unless }]);
  expect(bury("handed_out")).toEqual({ operations: [], outcomes: [{ kind: "kept" }] });
  expect(bury("never").operations).toHaveLength(3);
});

const drop = (of: "tombstone" | "any", more: object) =>
  planLedgerPatch(groupWith({ spec: { volumes: [{ name: "a", size: "1Gi", ...more }] } }), [
    { kind: "drop", volume: "a", of },
  ]);

test("the drop of a tombstone takes no entry away that has its name by then", () => {
  const removal = { op: "remove", path: "/spec/volumes/0" };
  expect(drop("tombstone", { delete: true }).operations.slice(2)).toEqual([removal]);
  expect(drop("tombstone", { pending: true })).toEqual({
    operations: [],
    outcomes: [{ kind: "kept" }],
  });
  expect(drop("any", {}).operations.slice(2)).toEqual([removal]);
});

test("no room is promised again to a name whose tombstone is still there, nor to what goes with it", () => {
  const volumes = [{ name: "a", size: "1Gi", delete: true }];
  expect(
    planLedgerPatch(groupWith({ spec: { volumes } }), [
      { kind: "reserve", entries: [entry("b"), entry("a")] },
    ]),
  ).toEqual({ operations: [], outcomes: [{ kind: "kept" }] });
});

test("volumes grow out of the same room from which others are reserved, the larger wish counting", () => {
  const object = groupWith({ spec: { volumes: [{ name: "a", size: "1Gi" }] } });
  const { operations, outcomes } = planLedgerPatch(object, [
    { kind: "grow", volume: "a", size: gib(4), volumeMode: "Block" },
    { kind: "grow", volume: "a", size: gib(3), volumeMode: "Block" },
    { kind: "reserve", entries: [entry("b", gib(6))] },
    { kind: "grow", volume: "a", size: gib(5), volumeMode: "Block" },
  ]);
  expect(outcomes).toMatchObject([
    { kind: "done" },
    { kind: "done" },
    { kind: "reserved", added: ["b"] },
    { kind: "refused", refusal: { code: "no_room", need: gib(1), free: 0 } },
  ]);
  expect(operations).toEqual([
    { op: "test", path: "/metadata/generation", value: 3 },
    { op: "test", path: "/metadata/uid", value: "uid-of-n1" },
    { op: "replace", path: "/spec/volumes/0/size", value: "4Gi" },
    { op: "add", path: "/spec/volumes/0/volumeMode", value: "Block" },
    { op: "add", path: "/spec/volumes/-", value: { name: "b", size: "6Gi", pending: true } },
  ]);
});

const names = ["a", "b", "c", "d", "e"] as const;
const anyName = fc.constantFrom(...names);
const anyEntry = fc
  .tuple(anyName, fc.integer({ min: 1, max: 2048 }))
  .map(([name, mebibytes]) => entry(name, mib(mebibytes)));
const anyChange = fc.oneof(
  anyEntry.map((made): LedgerChange => ({ kind: "reserve", entries: [made] })),
  anyEntry.map(({ name, size }): LedgerChange => ({
    kind: "grow",
    volume: name,
    size,
    volumeMode: "Filesystem",
  })),
  anyName.map((volume): LedgerChange => ({ kind: "settle", volume })),
  fc
    .tuple(fc.constantFrom("tombstone", "any"), anyName)
    .map(([of, volume]): LedgerChange => ({ kind: "drop", volume, of })),
  fc
    .tuple(fc.constantFrom("handed_out", "never"), anyName)
    .map(([unless, volume]): LedgerChange => ({ kind: "bury", volume, unless })),
  fc
    .uniqueArray(anyEntry, { selector: ({ name }) => name, maxLength: 3 })
    .map((entries): LedgerChange => ({ kind: "reserve", entries })),
);

test("any batches of changes keep the ledger within what is allocatable, and its names unique", () => {
  fc.assert(
    fc.property(fc.array(fc.array(anyChange, { maxLength: 6 }), { maxLength: 12 }), (batches) => {
      let object = groupWith({ status: { allocatable: "4Gi" } });
      for (const batch of batches) {
        const { operations, outcomes } = planLedgerPatch(object, batch);
        expect(outcomes).toHaveLength(batch.length);
        object = patched(object, operations);
        const known = object.spec.volumes.map(({ name }) => name);
        expect(new Set(known).size).toBe(known.length);
        const total = object.spec.volumes.reduce((sum, { size }) => sum + size, 0);
        expect(total).toBeLessThanOrEqual(gib(4));
        expect(free(groupOf(object))).toBeLessThanOrEqual(bytes(gib(4) - total));
      }
    }),
  );
});

/** What the API server makes of a patch to spec.volumes. */
const patched = (
  object: NodeLocalStorage,
  operations: readonly JsonPatchOperation[],
): NodeLocalStorage => {
  const wire = {
    ...object,
    spec: {
      nodeName: object.spec.nodeName,
      volumeGroup: object.spec.volumeGroup,
      volumes: object.spec.volumes.map((volume): Record<string, unknown> => ({
        ...volume,
        size: `${volume.size}`,
      })),
    },
    status: { extentSize: "4Mi", capacity: "10Gi", allocatable: "4Gi" },
  };
  for (const operation of operations) {
    const [, index, field] = /^\/spec\/volumes\/(-|\d+)(?:\/(\w+))?$/.exec(operation.path) ?? [];
    if (index === undefined) continue;
    if (index === "-" && operation.op === "add") {
      wire.spec.volumes.push({ ...(operation.value as object) });
    } else if (field === undefined) {
      wire.spec.volumes.splice(Number(index), 1);
    } else if (operation.op === "remove") {
      const volume = wire.spec.volumes[Number(index)] ?? {};
      // As the API server has it: a patch that removes what is not there is refused whole.
      if (volume[field] === undefined) throw new Error(`nothing to remove at ${operation.path}`);
      delete volume[field];
    } else {
      Object.assign(wire.spec.volumes[Number(index)] ?? {}, { [field]: operation.value });
    }
  }
  return {
    ...nodeLocalStorages.parse(wire),
    metadata: { ...object.metadata, generation: object.metadata.generation + 1 },
    status: object.status,
  };
};
