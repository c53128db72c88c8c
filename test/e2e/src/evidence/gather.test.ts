import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { gather } from "./gather.ts";
import { folderOfInstallation } from "./naming.ts";
import { Shelf } from "./shelf.ts";
import { toldOf, toldOfInstallation, toldOfRun } from "./told.ts";

beforeEach(() => {
  vi.stubEnv("STOWAGE_TEST_CLUSTER", undefined);
  return () => vi.unstubAllEnvs();
});

const folderFor = async (): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), "stowage-evidence-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
};

const failure = { what: "a test", since: new Date(0), errors: ["Error: because"] };

test("without any cluster the failure itself is kept, and what is missing is told", async () => {
  const run = await folderFor();
  const folder = folderOfInstallation(run);
  await gather(folder, failure);
  expect(await readdir(folder)).toEqual(["failure.txt", "telling.txt"]);
  expect(await readFile(path.join(folder, "failure.txt"), "utf8")).toMatch(/^a test\n[^]*because/);
  const told = `  evidence: ${path.relative(process.cwd(), folder)}/
    evidence is not whole: there was no cluster to look at`;
  expect(await toldOf(folder)).toBe(told);
  expect(await toldOfRun(run)).toBe(told);
  expect(await toldOfInstallation(run)).toMatch(/^ {4}Error: because\n {2}evidence: /);
});

test("where nothing was gathered nothing is told", async () => {
  const run = await folderFor();
  expect(await toldOfRun(run)).toBeUndefined();
  expect(await toldOf(path.join(run, "no-such-folder"))).toBeUndefined();
});

test("where nobody may write, gathering ends all the same", async () => {
  await expect(gather("/dev/null/evidence", failure)).resolves.toBeUndefined();
});

test("a question that fails or is not answered leaves a file that says so", async () => {
  const folder = await folderFor();
  const shelf = new Shelf(folder);
  await shelf.ask("fails/why.txt", 1000, () => Promise.reject(new Error("it hung up")));
  await shelf.ask("hangs.txt", 20, () => new Promise(() => undefined));
  expect(await readFile(path.join(folder, "fails/why.txt"), "utf8")).toBe(
    "no answer: it hung up\n",
  );
  expect(await readFile(path.join(folder, "hangs.txt"), "utf8")).toBe(
    "no answer: there was no answer within 0.02 s\n",
  );
});
