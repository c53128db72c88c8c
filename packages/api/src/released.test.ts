import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { customResourceDefinition } from "./crd.ts";
import { brokenPromises } from "./testing/broken-promises.ts";

type Json = { readonly [key: string]: unknown };

const folder = new URL("../released/", import.meta.url);
const releases = readdirSync(folder);

const version = (definition: Json): Json =>
  ((definition["spec"] as Json)["versions"] as Json[])[0] ?? {};
const schemaOf = (definition: Json): Json =>
  (version(definition)["schema"] as Json)["openAPIV3Schema"] as Json;

const today = customResourceDefinition();

test("there is a release to compare with", () => {
  expect(releases).toContain("0.1.0.yaml");
});

test.for(releases)("what %s wrote and read is written and read today", (file) => {
  const released = parse(readFileSync(new URL(file, folder), "utf8")) as Json;
  expect(brokenPromises(schemaOf(released), schemaOf(today))).toEqual([]);
  const { names, scope } = today["spec"] as Json;
  expect(released["spec"]).toMatchObject({ names, scope });
  const { name, subresources, selectableFields } = version(released);
  expect(version(today)).toMatchObject({ name, served: true, subresources, selectableFields });
});
