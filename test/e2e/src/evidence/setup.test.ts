import { globSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Outcome } from "./report.ts";
import { readReport } from "./report.ts";

/* vitest itself, on files that fail in every way: testdata/failing. */

let run: string;
let said: string;
let outcome: Outcome;

beforeAll(async () => {
  run = await mkdtemp(path.join(tmpdir(), "stowage-evidence-"));
  const report = path.join(run, "report.json");
  const config = path.join(import.meta.dirname, "testdata/failing/vitest.config.ts");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { stdout } = await execa("vitest", ["run", "--config", config, ...reporters], {
    preferLocal: true,
    reject: false,
    env: { STOWAGE_TEST_EVIDENCE: run, STOWAGE_TEST_CLUSTER: undefined, NO_COLOR: "1" },
  });
  said = stdout;
  outcome = await readReport("failing", report, run);
}, 60_000);

afterAll(() => rm(run, { recursive: true }));

test("whatever fails leaves evidence, and nothing else does", () => {
  const folders = globSync("*/*/failure.txt", { cwd: run }).map((file) => path.dirname(file));
  expect(folders.toSorted()).toEqual([
    "after-all.case.ts/hooks",
    "before-all.case.ts/hooks",
    "nested.case.ts/hooks",
    "tests.case.ts/an-assertion-fails",
    "tests.case.ts/it-never-ends",
    "tests.case.ts/its-very-last-step-fails",
    "tests.case.ts/tidying-up-fails",
  ]);
});

test.for(["an assertion fails", "it never ends", "beforeAll"])(
  "%s: it leaves evidence before the file tidies up",
  (name) => {
    expect(said).toContain(`${name}: evidence is there`);
  },
);

test("a failure is told with its first words and its evidence", () => {
  const { failures, ...counts } = outcome;
  expect(counts).toEqual({ passed: 2, failed: 4, skipped: 2 });
  expect(failures).toHaveLength(7);
  expect(failures.find((told) => told.includes("an assertion fails"))).toMatch(
    /tests\.case\.ts: an assertion fails\n {4}AssertionError: expected 1 to be 2[^]*\n {2}evidence: .*\/tests\.case\.ts\/an-assertion-fails\/\n {4}evidence is not whole: there was no cluster to look at$/,
  );
  expect(failures.find((told) => told.includes("before-all"))).toMatch(
    /before-all\.case\.ts\n {4}there is no world\n {2}evidence: .*\/before-all\.case\.ts\/hooks\/\n/,
  );
});

test("what failed within a nested suite is told from its evidence", () => {
  expect(outcome.failures.find((told) => told.includes("nested"))).toMatch(
    /nested\.case\.ts\n {4}Error: it does not come up\n/,
  );
});

test("a run of vitest's that wrote no report is one failure", async () => {
  const { failed, failures } = await readReport("cluster", path.join(run, "none.json"), run);
  expect({ failed, failures }).toEqual({
    failed: 1,
    failures: ["cluster tests\n    vitest wrote no report"],
  });
});
