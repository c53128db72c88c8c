import { readFileSync } from "node:fs";

/* docs/metrics.md: a table for each program. */

export type DocumentedMetric = {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly meaning: string;
};

export const programs = ["agent", "provisioner", "extender"] as const;
export type Program = (typeof programs)[number];

const file = new URL("../../../docs/metrics.md", import.meta.url);

/** The cells of every row of the tables below a heading, without the marks of code. */
const rowsBelow = (heading: string): string[][] => {
  const [, after = ""] = readFileSync(file, "utf8").split(`\n## ${heading}\n`);
  const [section = ""] = after.split("\n## ");
  return section
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.replaceAll("`", "").trim()),
    );
};

const headings: Readonly<Record<Program, readonly string[]>> = {
  agent: ["Agent"],
  provisioner: ["Provisioner", "Processes"],
  extender: ["Extender", "Processes"],
};

/** What the documentation says that a program tells, by name. */
export const documentedMetrics = (program: Program): ReadonlyMap<string, DocumentedMetric> =>
  new Map(
    headings[program]
      .flatMap(rowsBelow)
      .map(([name = "", type = "", labels = "", meaning = ""]) => [
        name,
        { name, type, labels: labels === "" ? [] : labels.split(", "), meaning },
      ]),
  );

/** Names of the alerts that it explains. */
export const documentedAlerts = (): string[] => rowsBelow("Alerts").map(([name = ""]) => name);
