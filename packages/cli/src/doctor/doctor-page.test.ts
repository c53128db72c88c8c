import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { healthy, clusterOf, diagnose } from "./testing/diagnosed-cluster.ts";

test("docs/kubectl-stowage.md has every check with the codes of its findings, and no other", async () => {
  const page = readFileSync(
    new URL("../../../../docs/kubectl-stowage.md", import.meta.url),
    "utf8",
  );
  const [, table = ""] = page.split("| codes of findings");
  const rows = (table.split("\n\n")[0] ?? "")
    .split("\n")
    .slice(2)
    .map((row) => row.split("|").map((cell) => cell.trim()));
  const { checks } = await diagnose(clusterOf(healthy()));
  expect(rows.map(([, name]) => name)).toEqual(checks.map(({ check }) => check));

  const folder = new URL("checks/", import.meta.url);
  const inCode = readdirSync(folder).flatMap((file) =>
    [...readFileSync(new URL(file, folder), "utf8").matchAll(/code: "(?<code>\w+)"/g)].map(
      ({ groups }) => groups?.["code"] ?? "",
    ),
  );
  const documented = rows.flatMap(([, , codes = ""]) =>
    codes.split(", ").map((code) => code.replaceAll("`", "")),
  );
  expect(documented.toSorted()).toEqual([...new Set(inCode)].toSorted());
});
