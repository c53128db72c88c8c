import type { Cell, Paint } from "../output/table.ts";
import { table } from "../output/table.ts";
import type { CheckResult, Finding } from "./finding.ts";

export type DoctorView = { readonly checks: readonly CheckResult[] };

export const doctorTable = ({ checks }: DoctorView, paint: Paint): string => {
  const findings = checks.flatMap((one) => one.findings);
  return [
    table(
      ["check", "result"],
      checks.map((one) => [one.check, resultOf(one)]),
      paint,
    ),
    ...findings.map((finding) => paragraph(finding, paint)),
    summary(findings),
  ].join("\n\n");
};

const resultOf = ({ outcome, why, findings }: CheckResult): Cell => {
  switch (outcome) {
    case "fine":
      return { text: "fine", style: "green" };
    case "not checked":
      return { text: `not checked: ${why ?? ""}`, style: "yellow" };
    case "wrong": {
      const isError = findings.some(({ severity }) => severity === "error");
      return { text: counted(findings.length, "finding"), style: isError ? "red" : "yellow" };
    }
  }
};

const paragraph = ({ severity, about, message, remedy }: Finding, paint: Paint): string =>
  [
    `${paint(severity === "error" ? "red" : "yellow", severity.toUpperCase())} ${about}: ${message}`,
    `  remedy: ${remedy}`,
  ].join("\n");

const counted = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? "" : "s"}`;

const summary = (findings: readonly Finding[]): string => {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.length - errors;
  return findings.length === 0
    ? "Nothing is wrong."
    : `${counted(errors, "error")}, ${counted(warnings, "warning")}.`;
};
