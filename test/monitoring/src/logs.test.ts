import { readdirSync, readFileSync } from "node:fs";
import { logKeys } from "@stowage/kube";
import { expect, test } from "vitest";
import { documentedLines, documentedLogKeys } from "./documented.ts";

test("docs/logs.md explains each key that a line can have, and no other", () => {
  expect(documentedLogKeys()).toEqual([...logKeys]);
});

/** The sources of a program, without its tests, as one text. */
const sourceOf = (program: string): string => {
  const folder = new URL(`../../../packages/${program}/src/`, import.meta.url);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => readFileSync(new URL(name, folder), "utf8"))
    .join("\n");
};

test.for(documentedLines())(
  "the $program has the message '$message'",
  ({ program, message, keys }) => {
    expect(sourceOf(program)).toContain(`"${message}"`);
    expect(logKeys).toEqual(expect.arrayContaining([...keys]));
    expect(keys).toEqual(expect.arrayContaining(["volume", "claim"]));
  },
);
