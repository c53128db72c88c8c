import fc from "fast-check";
import { expect, test } from "vitest";
import { DeviceReports } from "./shared-devices.ts";

const report = fc.record({
  key: fc.integer({ min: 0, max: 4 }),
  ids: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { maxLength: 2 }),
});

/** Two objects to a node. */
const nodeOf = (key: number): string => `n${key % 3}`;

test("after any reports, a rival is another node that reports the same, and whoever gains or loses one is told of", () => {
  fc.assert(
    fc.property(fc.array(report, { maxLength: 20 }), (sequence) => {
      const reports = new DeviceReports<number>();
      const now = new Map<number, readonly string[]>();
      const expected = (key: number): boolean =>
        [...now].some(
          ([other, ids]) =>
            nodeOf(other) !== nodeOf(key) && ids.some((id) => now.get(key)?.includes(id) === true),
        );
      for (const { key, ids } of sequence) {
        const before = new Map([0, 1, 2, 3, 4].map((one) => [one, expected(one)]));
        const touched = reports.set(key, nodeOf(key), ids);
        now.set(key, ids);
        for (const one of [0, 1, 2, 3, 4]) {
          const rival = reports.rivalOf(one);
          expect(rival !== undefined).toBe(expected(one));
          expect(now.get(one) ?? []).toEqual(expect.arrayContaining(rival ? [rival.id] : []));
          const isOther = one !== key && before.get(one) !== expected(one);
          expect([...touched]).toEqual(expect.arrayContaining(isOther ? [one] : []));
        }
      }
    }),
  );
});
