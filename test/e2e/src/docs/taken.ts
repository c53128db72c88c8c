import { globSync, readFileSync } from "node:fs";
import { blocksOf, documented } from "./documented.ts";

const root = new URL("../../../../", import.meta.url);

const literal = String.raw`\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*`;
const wholePage = new RegExp(String.raw`\bblocksOf\(${literal}\)`, "g");
const oneCommand = new RegExp(
  String.raw`\bdocumented\(${literal},${literal},${literal},?\s*\)`,
  "g",
);

const textOf = (quoted = '""'): string =>
  JSON.parse(
    quoted.startsWith("'")
      ? `"${quoted.slice(1, -1).replaceAll("\\'", "'").replaceAll('"', '\\"')}"`
      : quoted,
  ) as string;

/** The commands that a test's source takes from the pages. */
export const takenIn = (source: string): string[] => [
  ...[...source.matchAll(wholePage)].flatMap(([, page]) =>
    blocksOf(textOf(page)).flatMap(({ commands }) => commands),
  ),
  ...[...source.matchAll(oneCommand)].map(([, page, heading, beginning]) =>
    documented(textOf(page), textOf(heading), textOf(beginning)),
  ),
];

/** What the tests in the cluster run of the pages. */
export const takenByTests = (): string[] =>
  globSync("test/e2e/{cases,src}/*.ts", { cwd: root }).flatMap((file) =>
    takenIn(readFileSync(new URL(file, root), "utf8")),
  );
