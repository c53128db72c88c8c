import { readFile } from "node:fs/promises";
import { fileOf } from "./helm.ts";
import type { Helm } from "./helm.ts";
import { plainManifests, plainValues } from "./plain-manifests.ts";
import { valuesOf, valuesTable } from "./values-table.ts";

const read = (name: string): Promise<string> => readFile(fileOf(name), "utf8");

/** Helm packs only what lies in the chart's folder, so it has copies there. */
const copies: Readonly<Record<string, string>> = {
  "crds/stowage.dev_nodelocalstorages.yaml":
    "deploy/charts/stowage/files/stowage.dev_nodelocalstorages.yaml",
  "deploy/monitoring/alerts.yaml": "deploy/charts/stowage/files/alerts.yaml",
  "deploy/monitoring/dashboard.json": "deploy/charts/stowage/files/dashboard.json",
};

const readme = "deploy/charts/stowage/README.md";
const tableMarks = /(?<=<!-- values -->\n)[^]*(?=<!-- end of values -->)/;

/** What the chart holds of other files, by name. */
export const chartCopies = async (): Promise<ReadonlyMap<string, string>> =>
  new Map(
    await Promise.all(
      Object.entries(copies).map(async ([from, to]) => [to, await read(from)] as const),
    ),
  );

/** What is made from the chart, by name: its README's table, and the manifests. */
export const madeFromChart = async (helm: Helm): Promise<ReadonlyMap<string, string>> => {
  const values = valuesOf(await read("deploy/charts/stowage/values.yaml"));
  const text = await read(readme);
  if (!tableMarks.test(text)) throw new Error(`${readme} has no place for the table of values`);
  const manifests = plainManifests(await helm.template(...plainValues));
  return new Map([
    [readme, text.replace(tableMarks, () => `\n${valuesTable(values)}\n\n`)],
    ...[...manifests].map(([name, manifest]) => [`deploy/manifests/${name}`, manifest] as const),
  ]);
};
