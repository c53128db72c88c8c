import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { deviceRemedies, groupRemedies, volumeRemedies } from "./remedies.ts";

const page = readFileSync(new URL("../../../docs/node-local-storage.md", import.meta.url), "utf8");

/** Reason and remedy of each row of the table that follows a line. */
const documented = (before: string): Record<string, string> => {
  const [, rest = ""] = page.split(before);
  const [table = ""] = rest.trim().split("\n\n");
  return Object.fromEntries(
    table
      .split("\n")
      .slice(2)
      .map((row) => row.slice(1, -1).split("|"))
      .map(([reason = "", , remedy = ""]) => [reason.replaceAll("`", "").trim(), remedy.trim()]),
  );
};

test.for([
  { before: "Of devices:", remedies: deviceRemedies },
  { before: "Of groups, in the Ready and DevicesReady conditions:", remedies: groupRemedies },
  { before: "Of volumes:", remedies: volumeRemedies },
])("the remedies are those of docs/node-local-storage.md: $before", ({ before, remedies }) => {
  expect(remedies).toEqual(documented(before));
});
