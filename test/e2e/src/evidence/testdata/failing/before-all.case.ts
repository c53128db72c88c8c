import { existsSync } from "node:fs";
import { afterAll, beforeAll, test } from "vitest";
import { folderOfHooks } from "../../naming.ts";
import { runFolder } from "../../run-folder.ts";

beforeAll(() => {
  throw new Error("there is no world");
});

afterAll(({}, { file }) => {
  const folder = folderOfHooks(runFolder(), file.filepath);
  process.stdout.write(`beforeAll: evidence is ${existsSync(folder) ? "there" : "not there"}\n`);
});

test("it never runs", () => undefined);
