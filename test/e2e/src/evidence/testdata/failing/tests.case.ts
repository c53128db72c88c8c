import { existsSync } from "node:fs";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { folderOfTest } from "../../naming.ts";
import { runFolder } from "../../run-folder.ts";

afterEach(({ task }) => {
  const folder = folderOfTest(runFolder(), task.file.filepath, task.name);
  process.stdout.write(`${task.name}: evidence is ${existsSync(folder) ? "there" : "not there"}\n`);
  if (task.name === "tidying up fails") throw new Error("it cannot be tidied up");
});

test("all is well", () => undefined);

test("an assertion fails", () => {
  expect(1).toBe(2);
});

test("it never ends", () => new Promise(() => undefined));

test("tidying up fails", () => undefined);

test("its very last step fails", () => {
  onTestFinished(() => {
    throw new Error("too late");
  });
});
