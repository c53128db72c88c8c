import fc from "fast-check";
import { expect, test } from "vitest";
import { NameIndex } from "./name-index.ts";

const anyStep = fc.record({
  act: fc.constantFrom("add", "add", "remove"),
  name: fc.integer({ min: 0, max: 40 }).map((number) => `pvc-${number}`),
  value: fc.integer({ min: 0, max: 3 }),
});

test("what was added under a name and not taken away again is found there", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 400 }), (steps) => {
      const index = new NameIndex();
      const kept: { name: string; value: number }[] = [];
      for (const { act, name, value } of steps) {
        if (act === "add") {
          index.add(name, value);
          kept.push({ name, value });
          continue;
        }
        index.remove(name, value);
        const at = kept.findIndex((one) => one.name === name && one.value === value);
        if (at >= 0) kept.splice(at, 1);
      }
      for (const { name } of steps) {
        const expected = new Set(kept.filter((one) => one.name === name).map((one) => one.value));
        expect(index.find(name)).toEqual(expected);
      }
    }),
  );
});
