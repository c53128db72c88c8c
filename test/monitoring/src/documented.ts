import { rowsBelow } from "./markdown.ts";

/* docs/metrics.md, a table for each program, and docs/logs.md. */

export type DocumentedMetric = {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly meaning: string;
};

export const programs = ["agent", "provisioner", "extender"] as const;
export type Program = (typeof programs)[number];

const headings: Readonly<Record<Program, readonly string[]>> = {
  agent: ["Agent"],
  provisioner: ["Provisioner", "Processes"],
  extender: ["Extender", "Processes"],
};

/** What the documentation says that a program tells, by name. */
export const documentedMetrics = (program: Program): ReadonlyMap<string, DocumentedMetric> =>
  new Map(
    headings[program]
      .flatMap((heading) => rowsBelow("metrics.md", heading))
      .map(([name = "", type = "", labels = "", meaning = ""]) => [
        name,
        { name, type, labels: labels === "" ? [] : labels.split(", "), meaning },
      ]),
  );

/** Names of the alerts that it explains. */
export const documentedAlerts = (): string[] =>
  rowsBelow("metrics.md", "Alerts").map(([name = ""]) => name);

/** What a line of a log can say beside its message. */
export const documentedLogKeys = (): string[] =>
  rowsBelow("logs.md", "Keys").map(([key = ""]) => key);

export type DocumentedLine = {
  readonly program: string;
  readonly message: string;
  readonly keys: readonly string[];
};

/** The lines that tell what happens to a volume. */
export const documentedLines = (): DocumentedLine[] =>
  rowsBelow("logs.md", "What happens to a volume").map(
    ([program = "", message = "", _when, keys = ""]) => ({
      program,
      message,
      keys: keys.split(", "),
    }),
  );
