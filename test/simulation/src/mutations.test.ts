import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { editsOf, guarded, mutations } from "./mutations.ts";
import { testedMutations } from "./tested-mutations.ts";

const packages = new URL("../../../packages/", import.meta.url);

test.each(
  [...mutations, ...testedMutations].flatMap((mutation) =>
    editsOf(mutation).map((edit) => ({ name: mutation.name, edit })),
  ),
)("the guard is where its mutation looks for it: $name, $edit.file", ({ edit }) => {
  const source = readFileSync(new URL(edit.file, packages), "utf8");
  expect(source.split(edit.from)).toHaveLength(2);
  expect(edit.to).not.toBe(edit.from);
});

test("the tests that are to notice are there, and no two guards have one name", () => {
  const files = testedMutations.flatMap(({ tests }) => tests);
  expect(files.filter((file) => !existsSync(new URL(file, packages)))).toEqual([]);
  for (const list of [mutations, testedMutations]) {
    const names = list.map(({ name }) => name);
    expect(names).toHaveLength(new Set(names).size);
    expect(names.length).toBeGreaterThan(0);
  }
});

test.each(Object.entries(guarded))("invariant %s has a guard that is taken out: %s", (number) => {
  expect(mutations.map(({ invariant }) => `${invariant}`)).toContain(number);
});
