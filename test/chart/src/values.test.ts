import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { silent } from "@stowage/test-cluster";
import { beforeAll, describe, expect, test } from "vitest";
import { isMap, parse, parseDocument } from "yaml";
import { z } from "zod";
import { chartFolder, Helm } from "./helm.ts";
import { valuesOf, valuesTable } from "./values-table.ts";

const read = (name: string): Promise<string> => readFile(path.join(chartFolder, name), "utf8");

let helm: Helm;

beforeAll(async () => {
  helm = await Helm.get(silent);
});

const caseFiles = (await readdir(path.join(chartFolder, "ci"))).map((name) => ({ name }));
const inCi = (name: string): string => path.join(chartFolder, "ci", name);

test("helm lint finds nothing in the chart as it comes", async () => {
  await expect(helm.lint()).resolves.toContain("0 chart(s) failed");
});

test.for(caseFiles)("helm lint finds nothing in the chart with ci/$name", async ({ name }) => {
  await expect(helm.lint("--values", inCi(name))).resolves.toContain("0 chart(s) failed");
});

describe("values.yaml, its schema and its table", () => {
  type Schema = {
    readonly $ref?: string | undefined;
    readonly properties?: Readonly<Record<string, Schema>> | undefined;
  };
  const schema: z.ZodType<Schema> = z.lazy(() =>
    z.object({ $ref: z.string().optional(), properties: z.record(z.string(), schema).optional() }),
  );

  /** Paths of all that the schema knows. */
  const paths = (
    { $ref, properties }: Schema,
    definitions: Readonly<Record<string, Schema>>,
    prefix = "",
  ): string[] => {
    const referred = definitions[$ref?.replace("#/definitions/", "") ?? ""];
    if (referred !== undefined) return paths(referred, definitions, prefix);
    return properties === undefined
      ? [prefix.slice(0, -1)]
      : Object.entries(properties).flatMap(([name, part]) =>
          paths(part, definitions, `${prefix}${name}.`),
        );
  };

  test("name the same values", async () => {
    const text = JSON.parse(await read("values.schema.json")) as unknown;
    const { definitions } = z.object({ definitions: z.record(z.string(), schema) }).parse(text);
    const known = paths(schema.parse(text), definitions).filter((name) => name !== "global");
    const values = valuesOf(await read("values.yaml")).map((value) => value.path);
    expect(known.toSorted()).toEqual(values.toSorted());
  });

  test("every value is explained", async () => {
    const unexplained = valuesOf(await read("values.yaml")).filter(({ meaning }) => meaning === "");
    expect(unexplained).toEqual([]);
  });

  test("a map with a comment of its own is one value, one without is its parts", () => {
    const text = `a:
  # The size
  # of it
  size: 1
  # What it gets
  resources:
    cpu: 1
`;
    expect(isMap(parseDocument(text).contents)).toBe(true);
    expect(valuesOf(text)).toEqual([
      { path: "a.size", fallback: "1", meaning: "The size of it" },
      { path: "a.resources", fallback: '{"cpu":1}', meaning: "What it gets" },
    ]);
    expect(valuesTable(valuesOf("# One\none: 1\n"))).toBe(
      "| value | meaning | default |\n| ----- | ------- | ------- |\n| `one` | One     | `1`     |",
    );
  });
});

test.for([
  { set: "agent.scanSeconds=5", says: "/agent/scanSeconds" },
  { set: "image.digest=latest", says: "/image/digest" },
  { set: "extender.tls.mode=on", says: "/extender/tls/mode" },
  { set: "extender.tls.mode=secret", says: "extender.tls.secretName" },
  { set: "extender.tls.mode=certManager", says: "extender.tls.issuerRef" },
  { set: "extender.strategie=spread", says: "strategie" },
  { set: "agents.scanSeconds=60", says: "agents" },
])("$set is refused with words that name it", async ({ set, says }) => {
  await expect(helm.template("--set", set)).rejects.toThrow(says);
});

test("the values for tests give every value that is off by default another one", async () => {
  const off = valuesOf(await read("values.yaml")).filter(({ fallback }) => fallback === "false");
  const everything: unknown = parse(await read("ci/everything-values.yaml"));
  const given = off.map(({ path: name }) =>
    name
      .split(".")
      .reduce<unknown>(
        (value, key) => z.record(z.string(), z.unknown()).parse(value)[key],
        everything,
      ),
  );
  expect(given).toEqual(off.map(() => true));
});
