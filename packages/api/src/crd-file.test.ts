import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { crdFile, crdText } from "./crd-file.ts";

test("the checked-in CRD is what the schema says; `npm run crds` renews it", () => {
  expect(readFileSync(crdFile, "utf8")).toBe(crdText());
});
