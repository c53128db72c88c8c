import fc from "fast-check";
import { expect, test } from "vitest";
import type { Bytes } from "./bytes.ts";
import { bytes, gib, mib, noBytes } from "./bytes.ts";
import { extentsFor, roundUpToExtents } from "./extents.ts";
import { fit } from "./fit.ts";
import type { Group } from "./group.ts";
import { free, reservationLimit } from "./group.ts";
import { describe } from "./refusal.ts";
import { reserve } from "./reserve.ts";
import { roomAfter } from "./score.ts";

const groupWith = (change: Partial<Group> = {}): Group => ({
  node: "n1",
  volumeGroup: "fast",
  state: { kind: "ready" },
  extentSize: mib(4),
  size: gib(100),
  allocatable: gib(10),
  reservations: [],
  ...change,
});

test.for([
  { sizes: [gib(10)], kind: "fits" },
  { sizes: [bytes(gib(10) + 1)], kind: "refused" },
  { sizes: [gib(5), gib(5)], kind: "fits" },
  { sizes: [gib(5), bytes(gib(5) - mib(4) + 1)], kind: "fits" },
  { sizes: [gib(5), bytes(gib(5) + 1)], kind: "refused" },
  { sizes: [], kind: "fits" },
] as const)("claims of $sizes bytes with 10 GiB free: $kind", ({ sizes, kind }) => {
  expect(fit(groupWith(), sizes).kind).toBe(kind);
});

test.for([
  [{}, "needs 12 GiB in fast for 2 volumes, 10 GiB free of 100 GiB (0 B booked)"],
  [{ state: { kind: "cordoned" } }, "volume group fast is cordoned"],
  [
    { state: { kind: "not_ready", message: "/dev/sdb is missing" } },
    "volume group fast is not ready: /dev/sdb is missing",
  ],
  [
    {
      allocatable: gib(10_000),
      reservations: Array.from({ length: reservationLimit - 1 }, (_, index) => ({
        name: `v${index}`,
        size: mib(4),
      })),
    },
    "fast already holds its limit of 1000 volumes",
  ],
] as const)("two claims of 6 GiB are refused with the reason %#", ([change, words]) => {
  const answer = fit(groupWith(change), [gib(6), gib(6)]);
  expect(answer.kind === "refused" ? describe(answer.refusal) : "fits").toBe(words);
});

test("each volume takes whole extents, one at least", () => {
  expect(extentsFor(bytes(1), mib(4))).toBe(1);
  expect(roundUpToExtents(bytes(mib(4) + 1), mib(4))).toBe(mib(8));
  const group = groupWith({ allocatable: mib(8) });
  expect(fit(group, [bytes(1), bytes(1)]).kind).toBe("fits");
  expect(fit(group, [bytes(1), bytes(1), bytes(1)]).kind).toBe("refused");
});

test("a group that shrank below its promises has nothing free, and says so", () => {
  const group = groupWith({ allocatable: gib(1), reservations: [{ name: "a", size: gib(2) }] });
  expect(free(group)).toBe(noBytes);
  expect(roomAfter(group, [mib(4)])).toBeUndefined();
});

const anySize = fc.integer({ min: 1, max: 4 * 1024 ** 3 }).map(bytes);

test("whatever is asked for, in whatever order, promises never exceed what is allocatable", () => {
  fc.assert(
    fc.property(fc.array(fc.array(anySize, { maxLength: 3 }), { maxLength: 40 }), (asked) => {
      let group = groupWith({ allocatable: gib(16) });
      let naiveExtents = 0;
      for (const [index, sizes] of asked.entries()) {
        const wanted = sizes.map((size, at) => ({ name: `v${index}-${at}`, size }));
        const extents = naive(sizes);
        const answer = reserve(group, wanted);
        expect(answer.kind).toBe(naiveExtents + extents <= 4096 ? "reserved" : "refused");
        if (answer.kind === "refused") continue;
        naiveExtents += extents;
        group = answer.group;
        expect(free(group)).toBe((4096 - naiveExtents) * mib(4));
      }
    }),
  );
});

const naive = (sizes: readonly Bytes[]): number => {
  let extents = 0;
  for (const size of sizes) for (let left: number = size; left > 0; left -= mib(4)) extents += 1;
  return extents;
};
