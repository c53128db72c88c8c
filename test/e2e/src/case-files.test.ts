import { expect, test } from "vitest";
import { caseFile, caseFiles, projectOf } from "./case-files.ts";

const files = [
  "test/e2e/cases/chart.long.test.ts",
  "test/e2e/cases/chart.test.ts",
  "test/e2e/cases/lost-node.test.ts",
  "test/e2e/cases/lost-race.test.ts",
  "test/e2e/cases/provisioner-life.long.test.ts",
];

test.for([
  ["lost-node", "test/e2e/cases/lost-node.test.ts", "cluster"],
  ["lost-node.test.ts", "test/e2e/cases/lost-node.test.ts", "cluster"],
  ["test/e2e/cases/lost-node.test.ts", "test/e2e/cases/lost-node.test.ts", "cluster"],
  ["provisioner-life", "test/e2e/cases/provisioner-life.long.test.ts", "long"],
  ["provisioner-life.long.test.ts", "test/e2e/cases/provisioner-life.long.test.ts", "long"],
  ["chart", "test/e2e/cases/chart.test.ts", "cluster"],
  ["chart.long", "test/e2e/cases/chart.long.test.ts", "long"],
] as const)("%s is %s of project %s", ([asked, file, project]) => {
  expect(caseFile(asked, files)).toBe(file);
  expect(projectOf(file)).toBe(project);
});

test.for([
  ["lost-nod", "there is no file lost-nod of cluster tests: did you mean lost-node?"],
  ["lost", "there is no file lost of cluster tests: did you mean lost-node or lost-race?"],
  [
    "lots-race.test.ts",
    "there is no file lots-race.test.ts of cluster tests: did you mean lost-race?",
  ],
  [
    "nothing-alike",
    "there is no file nothing-alike of cluster tests: there are chart, chart, lost-node, lost-race, provisioner-life",
  ],
] as const)("there is no %s: %s", ([asked, words]) => {
  expect(() => caseFile(asked, files)).toThrow(words);
});

test("every file of cluster tests is found by its own name", () => {
  expect(caseFiles().length).toBeGreaterThan(40);
  for (const file of caseFiles()) expect(caseFile(file, caseFiles())).toBe(file);
});
