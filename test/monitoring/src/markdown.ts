import { readFileSync } from "node:fs";

const docs = new URL("../../../docs/", import.meta.url);

/** The cells of every row of the tables below a heading of docs/`file`, without the marks of code. */
export const rowsBelow = (file: string, heading: string): string[][] => {
  const [, after = ""] = readFileSync(new URL(file, docs), "utf8").split(`\n## ${heading}\n`);
  const [section = ""] = after.split("\n## ");
  return section
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.replaceAll("`", "").trim()),
    );
};
