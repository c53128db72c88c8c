import { spawn } from "node:child_process";
import { systemClock } from "@stowage/clock";
import {
  Cluster,
  freeName,
  nameLeftUp,
  ownedClusters,
  progressTo,
  removeLeftovers,
} from "@stowage/test-cluster";
import { execa } from "execa";
import { caseFile, caseFiles, projectOf } from "./case-files.ts";
import { forgetOldRuns, runFolder } from "./evidence/run-folder.ts";
import { toldOfRun } from "./evidence/told.ts";
import { keepVariable, refuseKeptState } from "./kept-state.ts";
import { waysIn } from "./kept-cluster.ts";
import { bringUpShared, clusterVariable, hostsFor, renewShared } from "./shared-cluster.ts";

/*
 * `make e2e`: one file of the cluster tests, or all short ones. From the environment, where make puts
 * what it is called with: FILE, a file's base name; TEST, vitest's pattern of names; KEEP=1, which
 * leaves the cluster up, and in it what the first failed test made.
 */

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const given = (name: string): string | undefined => {
  const value = process.env[name];
  return value === "" ? undefined : value;
};

/** The files that are to run, of one of vitest's projects; without files all of it. */
const chosenFiles = (): { readonly project: string; readonly files: readonly string[] } => {
  const asked = given("FILE");
  if (asked === undefined) return { project: "cluster", files: [] };
  const file = caseFile(asked, caseFiles());
  return { project: projectOf(file), files: [file] };
};

/** The names of the tests that these words choose; no cluster is needed for that. */
const testsOf = async (words: readonly string[]): Promise<string[]> => {
  const { stdout } = await execa("vitest", ["list", "--json", ...words], { stdin: "ignore" });
  return (JSON.parse(stdout) as { readonly name: string }[]).map(({ name }) => name);
};

/** @throws Error that lists the tests there are, before anybody waits for a cluster. */
const mustMatch = async (words: readonly string[], pattern: string): Promise<void> => {
  try {
    RegExp(pattern);
  } catch (error) {
    throw new Error(`TEST is no regular expression: ${String(error)}`, { cause: error });
  }
  if ((await testsOf([...words, "--testNamePattern", pattern])).length > 0) return;
  const names = (await testsOf(words)).map((name) => `  ${name}`).join("\n");
  throw new Error(`no test matches "${pattern}"; there are\n${names}`);
};

/** A cluster that stays: the one that was left up, with Stowage as it is now, or a new one. */
const keptCluster = async (project: string): Promise<Cluster> => {
  const progress = progressTo(systemClock, say);
  const named = given(clusterVariable);
  if (named !== undefined) return Cluster.attach(named);
  const name = await nameLeftUp();
  if (name !== undefined) {
    await refuseKeptState(await Cluster.attach(name));
    say(`The cluster ${name} is up; Stowage is installed in it anew.`);
    return renewShared(name, progress);
  }
  await removeLeftovers();
  return bringUpShared(
    { name: await freeName(), hosts: hostsFor(project), owner: "nobody" },
    progress,
  );
};

/** A terminal's Ctrl-C goes to vitest too: what that leaves is ours to tell and to tidy up. */
const goOn = (): void => say("Interrupted: what is left is tidied up.");

const runTests = (
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn("vitest", ["run", ...words], {
      stdio: "inherit",
      env: { ...process.env, ...env },
    });
    process.on("SIGINT", goOn);
    child.once("error", reject);
    child.once("close", (code) => {
      process.off("SIGINT", goOn);
      resolve(code ?? 1);
    });
  });

/** Ctrl-C while a cluster comes up: what has come up of it goes, and nothing else is begun. */
const removeBegun = (): void => void removeAndExit();
const removeAndExit = async (): Promise<void> => {
  say("Interrupted: what was begun is removed.");
  for (const name of await ownedClusters()) await Cluster.remove(name);
  process.exit(130);
};

/** Keeps a cluster for `act`; where it could not be made whole it is shown as it is. */
const withKept = async (project: string, act: () => Promise<number>): Promise<number> => {
  try {
    process.once("SIGINT", removeBegun);
    await keptCluster(project);
    process.off("SIGINT", removeBegun);
    return await act();
  } finally {
    const name = process.env[clusterVariable];
    if (name !== undefined) say(waysIn(await Cluster.attach(name)));
  }
};

const main = async (): Promise<number> => {
  const { project, files } = chosenFiles();
  const words = ["--project", project, ...files];
  const pattern = given("TEST");
  if (pattern !== undefined) await mustMatch(words, pattern);
  const keep = given("KEEP");
  if (keep !== undefined && keep !== "1") throw new Error(`KEEP is "${keep}": give 1 or nothing`);
  const named = pattern === undefined ? [] : ["--testNamePattern", pattern];
  hostsFor(project);
  if (keep === undefined) return runTests([...words, ...named]);
  return withKept(project, () =>
    runTests([...words, ...named, "--bail=1"], { [keepVariable]: "1" }),
  );
};

await forgetOldRuns();
const run = runFolder();
try {
  const code = await main();
  // vitest ends at once when it is interrupted, and its cluster goes on.
  await removeLeftovers();
  const told = await toldOfRun(run);
  if (told !== undefined) say(`\nWhat failed left behind:\n${told}\n`);
  process.exit(code);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
