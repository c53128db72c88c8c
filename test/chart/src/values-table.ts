import { isMap, isScalar, parseDocument } from "yaml";
import type { Pair, YAMLMap } from "yaml";

/** A value of the chart that a person can set. */
export type Value = { readonly path: string; readonly fallback: string; readonly meaning: string };

/** All values, in the order of values.yaml, each with the comment above it. */
export const valuesOf = (text: string): Value[] => {
  const { contents } = parseDocument(text);
  if (!isMap(contents)) throw new Error("values.yaml is no map");
  return valuesIn(contents, "");
};

const valuesIn = (map: YAMLMap, prefix: string): Value[] =>
  map.items.flatMap((pair, index) => {
    const path = `${prefix}${nameOf(pair)}`;
    const { value } = pair;
    const own =
      commentOf(pair.key) ?? (index === 0 && prefix !== "" ? map.commentBefore : undefined);
    // A map that is explained itself, such as resources, is one value.
    if (isMap(value) && own == null && value.items.length > 0) return valuesIn(value, `${path}.`);
    const fallback = JSON.stringify(isMap(value) || !isScalar(value) ? value : value.value);
    return [{ path, fallback, meaning: sentence(own ?? "") }];
  });

const nameOf = ({ key }: Pair): string => (isScalar(key) ? String(key.value) : String(key));

const commentOf = (key: unknown): string | null | undefined =>
  isScalar(key) ? key.commentBefore : undefined;

const sentence = (comment: string): string =>
  comment
    .split("\n")
    .map((line) => line.trim())
    .join(" ");

/** The same as a table for README.md. */
export const valuesTable = (values: readonly Value[]): string => {
  const rows = values.map(({ path, fallback, meaning }) => [
    `\`${path}\``,
    meaning,
    `\`${fallback}\``,
  ]);
  const all = [["value", "meaning", "default"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], fill: string): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(" | ")} |`;
  const [first = [], ...others] = all.map((row) => line(row, " "));
  return [first, line(["", "", ""], "-"), ...others].join("\n");
};
