import { readdirSync, readFileSync } from "node:fs";
import { LvmError, lvmErrors } from "@stowage/lvm";
import type { LvmErrorCode } from "@stowage/lvm";
import { expect, test } from "vitest";
import { deviceRefusals } from "./device-verdict.ts";
import { reasonOf } from "./reason.ts";

const docs = new URL("../../../docs/", import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, docs), "utf8");

/** The cells of every table row, without the marks of code. */
const rows = (text: string): string[][] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("|") && !/^\|[ :-]+\|/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.replaceAll("`", "").trim()),
    );

const unquoted = (text: string): string => text.replaceAll("`", "");

test("docs/errors.md has each error with its reason, its retry and its remedy, and no other", () => {
  const documented = rows(read("errors.md")).slice(1);
  const codes = Object.keys(lvmErrors) as LvmErrorCode[];
  expect(documented).toEqual(
    codes
      .toSorted()
      .map((code) => [
        code,
        reasonOf(new LvmError(code, { command: "" })),
        lvmErrors[code].retry === "soon" ? "by itself" : "after a change",
        unquoted(lvmErrors[code].remedy),
      ]),
  );
});

/** Where the code names a reason of its own; those of errors come from their codes. */
const named =
  /(?:reason: (?:[^",]*\? )?|: |refused\(\s*|frozen\(\s*|\?\? )"(?<reason>[A-Z][a-z]+[A-Za-z]*)"/g;

/** Values of other fields that look the same. */
const notReasons = new Set(["Ready", "DevicesReady", "True", "False", "Unknown"]);
const states =
  /^(InUse|Refused|Missing|Removed|Evacuating|Evacuated|Creating|Failed|Deleting|Deleted|Unfinished)$/;

const reasonsInCode = (): Set<string> => {
  const folder = new URL("./", import.meta.url);
  const reasons = new Set<string>(deviceRefusals);
  for (const file of readdirSync(folder)) {
    if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
    const text = readFileSync(new URL(file, folder), "utf8");
    for (const { groups } of text.matchAll(named)) {
      const reason = groups?.["reason"] ?? "";
      if (!notReasons.has(reason)) reasons.add(reason);
    }
  }
  return reasons;
};

test("docs/node-local-storage.md explains every reason that a status can show, and no other", () => {
  const [, reasons = ""] = read("node-local-storage.md").split("## Reasons");
  const documented = new Set(
    rows(reasons)
      .map(([first = ""]) => first)
      .filter((cell) => cell !== "reason"),
  );
  const inCode = reasonsInCode();
  const missing = [...inCode].filter((reason) => !documented.has(reason) && !states.test(reason));
  const unknown = [...documented].filter((reason) => !inCode.has(reason));
  expect({ missing, unknown }).toEqual({ missing: [], unknown: [] });
});
