import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const sources = new URL("./", import.meta.url);
const page = new URL("../../../docs/claim-life.md", import.meta.url);

/** The reasons of events in the source of this package, wherever one is written down. */
const reasonsInCode = (): Set<string> => {
  const found = new Set<string>();
  for (const file of readdirSync(sources)) {
    if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
    const text = readFileSync(new URL(file, sources), "utf8");
    for (const [, reason] of text.matchAll(/(?:\breason: |\btell\(\w+, )"([A-Z]\w+)"/g)) {
      if (reason !== undefined) found.add(reason);
    }
  }
  return found;
};

test("docs/claim-life.md explains every event that the provisioner emits, and no other", () => {
  const [, table = ""] = readFileSync(page, "utf8").split("## Events");
  const documented = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, reason]) => reason);
  expect(new Set(documented)).toEqual(reasonsInCode());
});
