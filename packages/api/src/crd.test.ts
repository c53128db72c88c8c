import { expect, test } from "vitest";
import { customResourceDefinition } from "./crd.ts";

const schemaAt = (...path: readonly (string | number)[]): unknown =>
  ["spec", "versions", 0, "schema", "openAPIV3Schema", "properties", ...path].reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined,
    customResourceDefinition(),
  );

test.for(["volumes", "devices"])(
  "spec.%s is there from the start, for patches to append to",
  (list) => {
    expect(schemaAt("spec", "properties", list, "default")).toEqual([]);
  },
);

test("the API server itself keeps volumes from shrinking and tombstones from being taken back", () => {
  const rules = schemaAt("spec", "properties", "volumes", "items", "x-kubernetes-validations");
  expect(rules).toContainEqual(expect.objectContaining({ message: "a volume never shrinks" }));
  expect(rules).toContainEqual(
    expect.objectContaining({ message: "a tombstone stays until the entry goes" }),
  );
});
