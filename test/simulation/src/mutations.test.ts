import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mutations } from "./mutations.ts";

const packages = new URL("../../../packages/", import.meta.url);

test.each(mutations)(
  "the guard is where its mutation looks for it: $name",
  ({ file, from, to }) => {
    const source = readFileSync(new URL(file, packages), "utf8");
    expect(source.split(from)).toHaveLength(2);
    expect(to).not.toBe(from);
  },
);
