import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { mib } from "@stowage/capacity";
import { expect, test } from "vitest";
import { readBody } from "./body.ts";

const pieces = (whole: Buffer): Readable =>
  Readable.from(
    Array.from({ length: Math.ceil(whole.length / 16_384) }, (_, at) =>
      Buffer.from(whole.subarray(at * 16_384, (at + 1) * 16_384)),
    ),
  );

const allocate = (size: number): Buffer => Buffer.alloc(size);

test("the memory of a piece is given back as soon as it was read, what others have a part in stays", async () => {
  const shared = Buffer.from("one, two, three");
  const own = Buffer.alloc(5, "!");
  const three = [shared.subarray(0, 5), own, shared.subarray(5)];
  const body = await readBody(Readable.from(three), {}, mib(1), allocate);
  expect(body.toString()).toBe("one, !!!!!two, three");
  expect(own).toHaveLength(0);
  expect(shared.toString()).toBe("one, two, three");
});

test("a body of any length comes as it was sent, gzip'd or not, its length known or not", async () => {
  const sent = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251));
  const known = { "content-length": `${sent.length}` };
  expect((await readBody(pieces(sent), known, mib(1), allocate)).equals(sent)).toBe(true);
  expect((await readBody(pieces(sent), {}, mib(1), allocate)).equals(sent)).toBe(true);
  const zipped = { "content-encoding": "gzip" };
  const read = await readBody(pieces(gzipSync(sent)), zipped, mib(1), allocate);
  expect(read.equals(sent)).toBe(true);
});
