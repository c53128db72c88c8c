/** A text in a column, and how it is shown where there is colour. */
export type Cell = string | { readonly text: string; readonly style: Style };

type Style = "red" | "yellow" | "green" | "dim";
export type Paint = (style: Style, text: string) => string;

/** What output in a file or a pipe gets. */
export const plain: Paint = (_, text) => text;

const textOf = (cell: Cell): string => (typeof cell === "string" ? cell : cell.text);

const gap = "   ";

/** Columns as kubectl shows them: upper-case headers, three spaces, nothing behind the last one. */
export const table = (
  headers: readonly string[],
  rows: readonly (readonly Cell[])[],
  paint: Paint = plain,
): string => {
  const widths = headers.map((header, column) =>
    Math.max(header.length, ...rows.map((row) => textOf(row[column] ?? "").length)),
  );
  const line = (cells: readonly Cell[]): string =>
    cells
      .map((cell, column) => {
        const text = textOf(cell);
        const shown = typeof cell === "string" ? text : paint(cell.style, text);
        const isLast = column === cells.length - 1;
        return isLast ? shown : shown + " ".repeat((widths[column] ?? 0) - text.length);
      })
      .join(gap)
      .trimEnd();
  return [headers.map((header) => header.toUpperCase()), ...rows].map(line).join("\n");
};

/** In place of a value that there is not, as kubectl has it. */
export const none = "<none>";
