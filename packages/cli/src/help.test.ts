import { readFileSync } from "node:fs";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { expect, test } from "vitest";
import { exitCodes } from "./exit-code.ts";
import { makeProgram } from "./program.ts";
import { TestCluster } from "./testing/cluster.ts";

const page = readFileSync(new URL("../../../docs/kubectl-stowage.md", import.meta.url), "utf8");

const pathsOf = (command: CommandUnknownOpts, path: readonly string[]): string[] => [
  path.join(" "),
  ...command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== "help")
    .flatMap((each) => pathsOf(each, [...path, each.name()])),
];

const unused = (): never => {
  throw new Error("no command is run");
};

const paths = pathsOf(
  makeProgram({
    host: {
      out: unused,
      err: unused,
      paint: unused,
      ask: undefined,
      readFile: unused,
      clock: { now: unused, moment: unused, sleep: unused },
      connect: unused,
      signal: new AbortController().signal,
    },
    finish: unused,
  }),
  [],
);

const helpOf = async (path: string): Promise<string> => {
  const { out, code } = await new TestCluster().run(`${path} --help`.trim());
  expect(code).toBe(0);
  return out;
};

test("there are the commands that there should be", () => {
  expect(paths).toEqual([
    "",
    "status",
    "volumes",
    "devices",
    "explain",
    "explain pod",
    "simulate",
    "orphans",
    "orphans adopt",
    "orphans collect",
    "evacuate",
    "node",
    "node lost",
    "doctor",
    "completion",
  ]);
});

/** The flags of all commands stand in the page once. */
const withoutGlobals = (help: string): string =>
  help.replace(/\nGlobal Options:\n(?: .*\n)*/, "").trimEnd();

test.for(paths)("docs/kubectl-stowage.md has the help of '%s'", async (path) => {
  expect(page).toContain(`\`\`\`\n${withoutGlobals(await helpOf(path))}\n\`\`\``);
});

test.for(paths.filter((path) => path !== "explain" && path !== "node"))(
  "the help of '%s' has examples",
  async (path) => {
    expect(await helpOf(path)).toMatch(/\nExamples:\n {2}# /);
  },
);

test("docs/kubectl-stowage.md has every exit code", () => {
  const documented = [...page.matchAll(/^\| (?<code>\d+) +\|/gm)].map(({ groups }) =>
    Number(groups?.["code"]),
  );
  expect(documented).toEqual(Object.values(exitCodes));
});

test.for([
  { args: "statu", err: "(Did you mean status?)" },
  { args: "status --namspace x", err: "(Did you mean --namespace?)" },
  { args: "status -o xml", err: "Allowed choices are table, json, yaml." },
  { args: "explain pod", err: "missing required argument 'name'" },
  { args: "simulate", err: "required option '-f, --filename <file>' not specified" },
])("$args is a wrong command line, which ends with 2 and a hint", async ({ args, err }) => {
  const outcome = await new TestCluster().run(args);
  expect(outcome.code).toBe(2);
  expect(outcome.err).toContain(err);
});

test("what the API server does not let this user do ends with 4 and a remedy", async () => {
  const cluster = new TestCluster();
  cluster.denied = () => true;
  const { code, err } = await cluster.run("status");
  expect(code).toBe(4);
  expect(err).toMatch(/^error: list .* failed with 403: not for you/);
  expect(err).toContain("ask for the rights that docs/kubectl-stowage.md lists");
});

test("without the CRD every command says what to apply", async () => {
  const cluster = new TestCluster();
  cluster.absent = ({ path }) => path.includes("nodelocalstorages");
  const { code, err } = await cluster.run("devices");
  expect(code).toBe(5);
  expect(err).toContain("Stowage's CRD is missing: kubectl apply --server-side -f crds/");
});

test("a cluster that does not answer ends with 3", async () => {
  const cluster = new TestCluster();
  cluster.meanwhile = () => undefined;
  cluster.before = () => {
    throw new Error("connect ECONNREFUSED 127.0.0.1:6443");
  };
  const { code, err } = await cluster.run("status");
  expect(code).toBe(3);
  expect(err).toContain("check that the cluster runs and that --context and --kubeconfig name it");
});
