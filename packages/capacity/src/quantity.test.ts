import fc from "fast-check";
import { expect, test } from "vitest";
import { bytes, gib, mib, show, showNeed } from "./bytes.ts";
import { formatQuantity, parseQuantity, QuantityError } from "./quantity.ts";
import { parseReserved, reservedBytes } from "./reserved.ts";

test.for([
  ["1Gi", 2 ** 30],
  ["1G", 1e9],
  ["1.5Gi", 1.5 * 2 ** 30],
  ["0.5", 1],
  ["100m", 1],
  ["1", 1],
  ["221920847", 221_920_847],
  ["1e3", 1000],
  ["1.5E2", 150],
  [".5Ki", 512],
  ["5.Ki", 5120],
  ["+3Mi", 3 * 2 ** 20],
] as const)("the quantity %s is %d bytes", ([text, expected]) => {
  expect(parseQuantity(text)).toBe(expected);
});

test.for(["2E", "1Ei", "9Pi"])("%s is more than can be counted, and says so", (text) => {
  expect(() => parseQuantity(text)).toThrow(/8 PiB/);
});

test.for(["", ".", "Gi", "-1Gi", "1 Gi", "1gi", "1GiB", "0x10", "1e", "1e999", "NaN", "1Gi\n"])(
  "%j is refused with a word on how to write it",
  (text) => {
    expect(() => parseQuantity(text)).toThrow(QuantityError);
  },
);

test("what is formatted reads back as the same size", () => {
  fc.assert(
    fc.property(fc.maxSafeNat().map(bytes), (size) => {
      expect(parseQuantity(formatQuantity(size))).toBe(size);
    }),
  );
});

test.for([
  [mib(4092), "4092Mi", "3.99 GiB", "4 GiB"],
  [gib(100), "100Gi", "100 GiB", "100 GiB"],
  [bytes(0), "0", "0 B", "0 B"],
  [bytes(1023), "1023", "1023 B", "1023 B"],
  [bytes(gib(12) + 1), `${gib(12) + 1}`, "12 GiB", "12.1 GiB"],
] as const)(
  "%d bytes are %s on the wire, %s as room and %s as a need",
  ([size, wire, room, need]) => {
    expect(formatQuantity(size)).toBe(wire);
    expect(show(size)).toBe(room);
    expect(showNeed(size)).toBe(need);
  },
);

test.for([
  ["10%", gib(100), gib(10)],
  ["0%", gib(100), 0],
  ["100%", gib(100), gib(100)],
  ["12.5%", bytes(3), 1],
  ["10Gi", gib(100), gib(10)],
  ["10Gi", gib(1), gib(1)],
] as const)("%s reserved of %d bytes are %d bytes", ([text, size, expected]) => {
  expect(reservedBytes(parseReserved(text), size)).toBe(expected);
});

test("more than the whole group cannot be reserved", () => {
  expect(() => parseReserved("101%")).toThrow(QuantityError);
});
