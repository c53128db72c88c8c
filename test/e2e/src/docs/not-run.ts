/** Commands of the pages that no test runs, by their beginning, each with the reason. */
export const notRun: readonly { readonly command: string; readonly reason: string }[] = [
  {
    command: "docker ",
    reason:
      "the tests have no container engine and no registry: buildah builds the same Dockerfiles, and the image is imported into the nodes",
  },
  {
    command: "npm ci",
    reason: "the tests run from what it installed; the Makefile's first step is the same",
  },
  {
    command: "make demo",
    reason: "it boots a cluster of its own and installs by the same code as the tests",
  },
  {
    command: "vgchange --devices /dev/sdb --deltag",
    reason:
      "it hands a group over to the node that has its disks now, and the disks of the tests' nodes do not move; the agent's unit tests do the same to the model of a node",
  },
  { command: "make test", reason: "it is what runs the tests" },
];

/** Pages whose transcripts, lines that begin with `$`, were printed by a program of the repository. */
export const printedTranscripts: Readonly<Record<string, string>> = { "README.md": "make demo" };
