import { globSync } from "node:fs";
import path from "node:path";
import { distance } from "fastest-levenshtein";

/** Every file of cluster tests, as paths from the project's root. */
export const caseFiles = (): readonly string[] =>
  globSync("test/e2e/cases/**/*.test.ts", {
    cwd: path.join(import.meta.dirname, "../../.."),
  }).toSorted();

/** vitest's project that a file belongs to; see vitest.config.ts. */
export const projectOf = (file: string): "cluster" | "long" =>
  file.endsWith(".long.test.ts") ? "long" : "cluster";

/** `first-volume` of test/e2e/cases/first-volume.test.ts. */
const nameOf = (file: string): string => path.basename(file).replace(/(?:\.long)?\.test\.ts$/, "");

/** Names that `asked` may be a slip for or a part of, best first. */
const nearTo = (asked: string, names: readonly string[]): string[] =>
  [...new Set(names)]
    .map((name) => ({ name, slips: name.includes(asked) ? 0 : distance(asked, name) }))
    .filter(({ slips }) => slips <= Math.max(2, Math.floor(asked.length / 3)))
    .toSorted((a, b) => a.slips - b.slips || a.name.localeCompare(b.name))
    .slice(0, 5)
    .map(({ name }) => name);

/**
 * The one of `files` that is meant by its path or its base name, with or without `.test.ts`. Of two
 * with one name the long one is meant by `<name>.long` only.
 * @throws Error that lists the near names.
 */
export const caseFile = (asked: string, files: readonly string[]): string => {
  for (const ending of ["", ".test.ts", ".long.test.ts"]) {
    const meant = `${path.basename(asked)}${ending}`;
    const found = files.find((file) => path.basename(file) === meant);
    if (found !== undefined) return found;
  }
  const names = files.map(nameOf);
  const near = nearTo(nameOf(asked), names);
  const offer =
    near.length > 0 ? `did you mean ${near.join(" or ")}?` : `there are ${names.join(", ")}`;
  throw new Error(`there is no file ${asked} of cluster tests: ${offer}`);
};
