import fc from "fast-check";
import { expect, test } from "vitest";
import { tag } from "./names.ts";
import { identityOf, roomOf, roomTag, tagsFor } from "./tags.ts";

const word = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,60}[a-z0-9])?$/);

test("whatever a volume is tagged with is legal to LVM and reads back, in any order", () => {
  const identity = fc.record({
    volume: word,
    claim: fc.option(fc.record({ namespace: word, name: word, uid: word }), { nil: undefined }),
  });
  fc.assert(
    fc.property(identity, (original) => {
      const tags = tagsFor(original).map(tag);
      expect(identityOf(["other", ...tags.toReversed()])).toEqual(original);
    }),
  );
});

test("a volume without our tag is nobody's", () => {
  expect(identityOf(["stowage.dev/claim-uid=1", "backup"])).toBeUndefined();
});

test("what only reserves room names the volume that is to grow, and is no volume of ours", () => {
  expect(roomOf([roomTag("pvc-1")])).toBe("pvc-1");
  expect(identityOf([roomTag("pvc-1")])).toBeUndefined();
  expect(roomOf(tagsFor({ volume: "pvc-1" }))).toBeUndefined();
});
