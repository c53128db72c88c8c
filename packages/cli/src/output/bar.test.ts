import { bytes, gib, noBytes } from "@stowage/capacity";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bar } from "./bar.ts";

test.for([
  { used: gib(5), reserved: noBytes, free: gib(5), shown: "##########.........." },
  { used: noBytes, reserved: noBytes, free: gib(5), shown: "...................." },
  { used: gib(10), reserved: noBytes, free: noBytes, shown: "####################" },
  { used: bytes(1), reserved: bytes(1), free: gib(10), shown: "#+.................." },
  { used: gib(10), reserved: bytes(1), free: bytes(1), shown: "##################+." },
  { used: noBytes, reserved: noBytes, free: noBytes, shown: "" },
])("$used used, $reserved reserved and $free free are $shown", ({ shown, ...parts }) => {
  expect(bar(parts)).toBe(shown);
});

test("a bar is 20 signs long, and no part that there is goes unseen", () => {
  const size = fc.nat().map((count) => bytes(count));
  fc.assert(
    fc.property(size, size, size, (used, reserved, free) => {
      const shown = bar({ used, reserved, free });
      expect(shown.length).toBe(used + reserved + free === 0 ? 0 : 20);
      expect(shown).toMatch(/^#*\+*\.*$/);
      expect(shown.includes("#")).toBe(used > 0);
      expect(shown.includes("+")).toBe(reserved > 0);
      expect(shown.includes(".")).toBe(free > 0);
    }),
  );
});
