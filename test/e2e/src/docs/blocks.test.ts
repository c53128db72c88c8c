import { expect, test } from "vitest";
import { commandBlocks, contentOf, mentions, rawBlocks } from "./blocks.ts";
import { splitCommands } from "./split-commands.ts";

const page = `# Page

Words.

    kubectl get nls
    helm upgrade stowage \\
      --wait

\`\`\`
NAME    NODE
n1.fast n1
\`\`\`

## Data

    agent:
      nodeSelector: {}

- a list
  that goes on
    with no block

\`\`\`sh
kubectl apply -f - <<EOF
kind: Pod

spec: {}
EOF
# said beside it
kubectl get pods   # and looked at
\`\`\`

Then

    a ──▶ b

    x = y

\`\`\`
Usage: kubectl stowage status [options]

Examples:
  # all
  kubectl stowage status
\`\`\`

\`\`\`
== shown
$ kubectl get nls
NAME
\`\`\`
`;

test("a page's commands are found with their heading and the output that follows", () => {
  expect(commandBlocks("page.md", page)).toEqual([
    {
      page: "page.md",
      heading: "Page",
      commands: ["kubectl get nls", "helm upgrade stowage \\\n  --wait"],
      output: "NAME    NODE\nn1.fast n1",
    },
    {
      page: "page.md",
      heading: "Data",
      commands: ["kubectl apply -f - <<EOF\nkind: Pod\n\nspec: {}\nEOF", "kubectl get pods"],
      output: undefined,
    },
    {
      page: "page.md",
      heading: "Data",
      commands: ["kubectl stowage status"],
      output: undefined,
    },
    { page: "page.md", heading: "Data", commands: ["kubectl get nls"], output: undefined },
  ]);
});

test("commands within sentences are found, and those of blocks are not", () => {
  const text =
    "# A\n\nRun `kubectl get\nnls`, or `nls`.\n\n    kubectl get pods\n\n## B\n\n`helm delete ...`.\n";
  expect(mentions(text)).toEqual([
    { heading: "A", command: "kubectl get nls" },
    { heading: "B", command: "helm delete" },
  ]);
});

test("a loop with a here-document in it is one command", () => {
  const loop = "for node in $(names); do\n  apply <<EOF\nname: $node\nEOF\ndone";
  expect(splitCommands(`${loop}\nkubectl get nls`)).toEqual([loop, "kubectl get nls"]);
});

test.for([
  ["    kubectl get nls", "commands"],
  ["    address=$(kubectl get service)", "commands"],
  ["    make", "commands"],
  ["    free = all - used", "figure"],
  ["    scrape_configs:", "data"],
  ["    0/3 nodes are available: ...", "output"],
  ["    ./run-me --now", undefined],
] as const)("%s is %s", ([markdown, content]) => {
  const [block] = rawBlocks(`\n${markdown}\n`);
  if (block === undefined) throw new Error("no block was found");
  expect(contentOf(block)).toBe(content);
});
