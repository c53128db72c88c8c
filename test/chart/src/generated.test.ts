import { readFile } from "node:fs/promises";
import { silent } from "@stowage/test-cluster";
import { expect, test } from "vitest";
import { chartCopies, madeFromChart } from "./generated.ts";
import { fileOf, Helm } from "./helm.ts";
import { plainManifests } from "./plain-manifests.ts";

const contents = async (names: Iterable<string>): Promise<Map<string, string>> => {
  const found = new Map<string, string>();
  for (const name of names) found.set(name, await readFile(fileOf(name), "utf8"));
  return found;
};

test("what the chart has of other files is up to date; `npm run manifests` renews it", async () => {
  const copies = await chartCopies();
  expect(await contents(copies.keys())).toEqual(copies);
});

test("the manifests and the table of values are what the chart says; `npm run manifests` renews them", async () => {
  const made = await madeFromChart(await Helm.get(silent));
  expect([...made.keys()]).toHaveLength(4);
  expect(await contents(made.keys())).toEqual(made);
});

test("a template that no manifest has a place for is an error, not lost", () => {
  const rendered = "---\n# Source: stowage/templates/other/thing.yaml\nkind: Thing\n";
  expect(() => plainManifests(rendered)).toThrow("no file of deploy/manifests is for other/thing");
});
