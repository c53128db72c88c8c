import fc from "fast-check";
import { expect, test } from "vitest";
import { viewOf } from "./byte-views.ts";
import { NameTable } from "./name-table.ts";
import { Tokens } from "./tokens.ts";

/** Some that begin alike, some of a word's length, some that JSON escapes. */
const anyName = fc.oneof(
  fc.integer({ min: 0, max: 3000 }).map((number) => `node-${number}`),
  fc.string({ unit: fc.constantFrom("a", "b", "-"), minLength: 1, maxLength: 9 }),
  fc.string({ minLength: 1, maxLength: 6 }),
);

const isPlain = (name: string): boolean => /^[ !#-[\]-\x7f]+$/.test(name);

test("of any list of names the known ones are read, up to the first that is not", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyName, { maxLength: 200 }),
      fc.array(fc.nat(), { maxLength: 40 }),
      fc.array(
        fc.oneof(
          fc.nat().map((place) => ({ place })),
          anyName.map((name) => ({ name })),
        ),
      ),
      fc.constantFrom("", ",", "]", '],"Pod":{}}'),
      (names, removed, picks, end) => {
        const table = new NameTable();
        names.forEach((name, index) => table.add(name, index));
        const indexOf = new Map(names.map((name, index) => [name, index]));
        for (const pick of names.length === 0 ? [] : removed) {
          const index = pick % names.length;
          table.remove(index);
          indexOf.delete(names[index] ?? "");
        }
        const asked = picks.map((pick) =>
          "name" in pick ? pick.name : (names[pick.place % names.length] ?? "x"),
        );
        const list = asked.map((name) => JSON.stringify(name)).join(",");
        // Names are read a word at a time: what is near the end is left to others.
        const json = Buffer.from(`[${list}${end}${" ".repeat(32)}`);
        const tokens = new Tokens(0);
        const after = table.read(viewOf(json), 1, tokens);
        const read = Array.from({ length: tokens.count }, (_, place) => {
          const text = json.toString("utf8", tokens.starts[place], tokens.ends[place]);
          return { name: JSON.parse(text) as unknown, index: tokens.seats[place] };
        });
        expect(read).toEqual(
          asked.slice(0, read.length).map((name) => ({ name, index: indexOf.get(name) })),
        );
        const next = asked[read.length];
        const isKnown = next !== undefined && isPlain(next) && indexOf.has(next);
        expect(isKnown).toBe(false);
        const before = asked.slice(0, read.length).map((name) => JSON.stringify(name));
        const length = Buffer.byteLength(before.join(","));
        const isAtNext = read.length > 0 && next !== undefined;
        expect(after).toBe(1 + length + (isAtNext ? 1 : 0));
      },
    ),
    { numRuns: 500 },
  );
});

test("more names than a block are read in one go", () => {
  const table = new NameTable();
  const names = Array.from({ length: 5000 }, (_, index) => `node-${index}.example`);
  names.forEach((name, index) => table.add(name, index));
  const json = Buffer.from(`${JSON.stringify(names)}}   `);
  const tokens = new Tokens(0);
  expect(table.read(viewOf(json), 1, tokens)).toBe(JSON.stringify(names).length - 1);
  expect([...tokens.seats.subarray(0, tokens.count)]).toEqual(names.map((_, index) => index));
});
