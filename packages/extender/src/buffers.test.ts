import fc from "fast-check";
import { expect, test } from "vitest";
import { Buffers } from "./buffers.ts";

test("a buffer is given out again only once it was given back", () => {
  const buffers = new Buffers();
  const first = buffers.take(100);
  const second = buffers.take(100);
  expect(first.bytes).toHaveLength(100);
  expect(second.whole === first.whole).toBe(false);
  buffers.give(first.whole);
  expect(buffers.take(200).whole === first.whole).toBe(true);
  expect(buffers.take(200).whole === first.whole).toBe(false);
});

test("no memory is asked for anew while as many buffers come and go as before, be they long or short", () => {
  const buffers = new Buffers();
  const call = (): Buffer[] => {
    const atOnce = [1, 2, 3, 4].flatMap(() => [buffers.take(400_000), buffers.take(12_000_000)]);
    for (const { whole } of atOnce) buffers.give(whole);
    return atOnce.map(({ whole }) => whole);
  };
  const known = new Set(call());
  expect(known.size).toBe(8);
  expect(call().every((whole) => known.has(whole))).toBe(true);
});

test("a slightly longer one finds room, too", () => {
  const buffers = new Buffers();
  const { whole } = buffers.take(10_000_000);
  buffers.give(whole);
  expect(buffers.take(11_000_000).whole === whole).toBe(true);
});

test("what was let go of is not given out again", () => {
  const buffers = new Buffers();
  const { whole } = buffers.take(100);
  buffers.give(whole);
  buffers.release();
  expect(buffers.take(100).whole === whole).toBe(false);
});

test("no buffer is in two hands, and no more are kept than were in use at once", () => {
  const steps = fc.array(fc.oneof(fc.nat({ max: 300_000 }), fc.constant("give" as const)));
  fc.assert(
    fc.property(steps, (all) => {
      const buffers = new Buffers();
      const seen = new Set<Buffer>();
      const inUse: Buffer[] = [];
      let most = 0;
      for (const step of all) {
        if (step === "give") {
          const whole = inUse.shift();
          if (whole !== undefined) buffers.give(whole);
          continue;
        }
        const { bytes, whole } = buffers.take(step);
        expect(bytes).toHaveLength(step);
        expect(inUse.includes(whole)).toBe(false);
        seen.add(whole);
        inUse.push(whole);
        most = Math.max(most, inUse.length);
      }
      for (const whole of inUse) buffers.give(whole);
      let kept = 0;
      while (seen.has(buffers.take(0).whole)) kept += 1;
      expect(kept).toBeLessThanOrEqual(most);
    }),
  );
});
