import { expect, test } from "vitest";
import { Buffers } from "./buffers.ts";

test("a buffer is given out again only once it was given back", () => {
  const buffers = new Buffers();
  const first = buffers.take(100);
  const second = buffers.take(100);
  expect(first.bytes).toHaveLength(100);
  expect(second.whole).not.toBe(first.whole);
  buffers.give(first.whole);
  expect(buffers.take(200).whole).toBe(first.whole);
  expect(buffers.take(200).whole).not.toBe(first.whole);
});

test("a very large buffer is not kept", () => {
  const buffers = new Buffers();
  const { whole, bytes } = buffers.take(5_000_000);
  expect(bytes).toHaveLength(5_000_000);
  buffers.give(whole);
  expect(buffers.take(10).whole).not.toBe(whole);
});
