import fc from "fast-check";
import { expect, test } from "vitest";
import { bytes, gib, mib } from "./bytes.ts";
import { takenBy } from "./extents.ts";
import type { Group, GroupState } from "./group.ts";
import { grow } from "./grow.ts";

const group = (change: Partial<Group>): Group => ({
  node: "n1",
  volumeGroup: "fast",
  state: { kind: "ready" },
  extentSize: mib(4),
  size: gib(4),
  allocatable: gib(4),
  reservations: [],
  ...change,
});

test("only the difference in whole extents has to be free", () => {
  const full = group({ allocatable: mib(212), reservations: [{ name: "a", size: mib(204) }] });
  expect(grow(full, { name: "a", size: mib(204) }, bytes(mib(208) + 1))).toMatchObject({
    kind: "reserved",
    group: { reservations: [{ name: "a", size: mib(208) + 1 }] },
  });
  expect(grow(full, { name: "a", size: mib(204) }, bytes(mib(212) + 1))).toEqual({
    kind: "refused",
    refusal: {
      code: "no_room",
      volumeGroup: "fast",
      need: mib(12),
      free: mib(8),
      size: gib(4),
      booked: mib(204),
      volumes: 1,
    },
  });
});

test("203 MiB become 204 MiB in a group without a free extent", () => {
  const full = group({ allocatable: mib(204), reservations: [{ name: "a", size: mib(203) }] });
  expect(grow(full, { name: "a", size: mib(203) }, mib(204)).kind).toBe("reserved");
});

test.for<[GroupState, string]>([
  [{ kind: "ready" }, "reserved"],
  [{ kind: "cordoned" }, "reserved"],
  [{ kind: "not_ready", message: "a disk is missing" }, "refused"],
])("a group that is %j: %s", ([state, answer]) => {
  const held = group({ state, reservations: [{ name: "a", size: gib(1) }] });
  expect(grow(held, { name: "a", size: gib(1) }, gib(2)).kind).toBe(answer);
});

test("whatever grows, no more is promised than is allocatable", () => {
  const step = fc.record({
    name: fc.constantFrom("a", "b", "c"),
    size: fc.integer({ min: 1, max: 3 * 1024 ** 3 }).map(bytes),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let held = group({ reservations: ["a", "b", "c"].map((name) => ({ name, size: mib(4) })) });
      for (const { name, size } of steps) {
        const reservation = held.reservations.find((other) => other.name === name);
        const answer = grow(held, reservation ?? { name, size }, size);
        if (answer.kind === "reserved") held = answer.group;
        const promised = held.reservations.map((other) => other.size);
        expect(takenBy(promised, held.extentSize)).toBeLessThanOrEqual(held.allocatable);
      }
    }),
  );
});
