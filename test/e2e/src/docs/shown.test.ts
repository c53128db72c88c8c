import { expect, test } from "vitest";
import { asShown, shownLines } from "./shown.ts";

const page = `
NAME   AGE   IP
db-0   12s   10.99.11.4
pvc-32ab58ba-006c-4c5a-afa2-17a31a44b77e   1 GiB   <none>
`;

test("names, addresses, ages and padding are no difference", () => {
  const printed = `NAME   AGE      IP
db-0   1m32s    10.99.12.15

pvc-cd3082b3-22ed-40c4-8eaa-ade805ab496f   1 GiB   24 KiB (1%)`;
  expect(asShown(page, printed)).toEqual(shownLines(page));
});

test("a number, a word or a line more are one", () => {
  for (const [from, to] of [
    ["1 GiB", "2 GiB"],
    ["db-0", "db-1"],
    ["IP\n", "IP\nmore\n"],
  ] as const) {
    expect(asShown(page, page.replace(from, to))).not.toEqual(shownLines(page));
  }
});

test("three dots stand for what a page leaves out, in the middle or at the end", () => {
  expect(asShown("a\n...\nz", "a\nb\nc\nz")).toEqual(shownLines("a\n...\nz"));
  expect(asShown("a\n...", "a\nb\nc")).toEqual(shownLines("a\n..."));
  expect(asShown("a\n...\nz", "a\nb\nc")).not.toEqual(shownLines("a\n...\nz"));
  expect(asShown("a\n...\nz", "a")).not.toEqual(shownLines("a\n...\nz"));
});
