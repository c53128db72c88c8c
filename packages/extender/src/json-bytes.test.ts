import fc from "fast-check";
import { expect, test } from "vitest";
import { skipSpace, skipValue } from "./json-bytes.ts";

/** The whole text as one value: does this reader take it? */
const takes = (text: string): boolean => {
  const bytes = Buffer.from(text);
  try {
    return skipSpace(bytes, skipValue(bytes, 0)) === bytes.length;
  } catch {
    return false;
  }
};

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const fragments = [
  ...Array.from('{}[],:"\\ \t\n0123456789+-.eEunfart'),
  "true",
  "null",
  "\\u00e9",
  '"a"',
  '"a":',
  "-0",
  "1e5",
  "\u0001",
  "é",
];

test("exactly what JSON.parse takes is taken", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json({ maxDepth: 4 }),
        fc.array(fc.constantFrom(...fragments), { maxLength: 8 }).map((parts) => parts.join("")),
        fc
          .tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom(...fragments))
          .map(([text, at, part]) => {
            const place = at % (text.length + 1);
            return text.slice(0, place) + part + text.slice(place + (at % 2));
          }),
      ),
      (text) => {
        expect(takes(text)).toBe(parses(text));
      },
    ),
    { numRuns: 3000 },
  );
}, 30_000);
