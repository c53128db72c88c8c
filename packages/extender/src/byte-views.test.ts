import fc from "fast-check";
import { expect, test } from "vitest";
import { copyBytes, copyText, viewOf } from "./byte-views.ts";

const place = fc.integer({ min: 0, max: 9 });

test.for([
  { what: "text", copy: copyText, any: fc.string({ unit: "binary", maxLength: 40 }) },
  { what: "bytes", copy: copyBytes, any: fc.uint8Array({ maxLength: 40 }) },
])("$what is copied as it is, and nothing beside it", ({ copy, any }) => {
  fc.assert(
    fc.property(any, place, place, (source, before, at) => {
      const piece = Buffer.from(source);
      const from = Buffer.concat([Buffer.alloc(before, 1), piece, Buffer.alloc(9, 2)]);
      const to = Buffer.alloc(at + piece.length + 9, 3);
      const end = copy(viewOf(to), at, viewOf(from), before, before + piece.length);
      expect(end).toBe(at + piece.length);
      expect(to).toEqual(Buffer.concat([Buffer.alloc(at, 3), piece, Buffer.alloc(9, 3)]));
    }),
  );
});
