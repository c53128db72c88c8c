import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileOf } from "@stowage/test-chart";
import type { Cluster } from "@stowage/test-cluster";
import { helmProgram, patience, silent } from "@stowage/test-cluster";
import { execa } from "execa";

export type Outcome = {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
};

/** What stands in the documentation for what only a reader knows, by how it is written there. */
export type Meant = Readonly<Record<string, string>>;

/** A documented command with the names of here. @throws Error if one of them does not occur in it. */
export const withNames = (command: string, meant: Meant): string => {
  let text = command;
  for (const [written, name] of Object.entries(meant)) {
    if (!text.includes(written)) throw new Error(`there is no "${written}" in: ${command}`);
    text = text.replaceAll(written, name);
  }
  return text;
};

/**
 * A person's shell at the root of the repository, with kubectl, Helm and a folder for programs of
 * their own on the path, and the cluster's kubeconfig.
 */
export class Shell {
  /** Where kubectl finds plugins; it goes with the shell. */
  readonly programs: string;
  /** The person's home. */
  readonly home: string;
  /** A copy, since commands may change it. */
  readonly #kubeconfig: string;

  private constructor(folder: string) {
    this.home = folder;
    this.#kubeconfig = path.join(folder, "kubeconfig");
    this.programs = path.join(folder, "bin");
  }

  /** @param namespace where commands are that name none. */
  static async open(cluster: Cluster, namespace = "default"): Promise<Shell> {
    const folder = await mkdtemp(path.join(tmpdir(), "stowage-shell-"));
    const shell = new Shell(folder);
    await cp(cluster.kubeconfig, shell.#kubeconfig);
    await mkdir(shell.programs);
    await symlink(cluster.kubectlProgram, path.join(shell.programs, "kubectl"));
    await symlink(await helmProgram(silent), path.join(shell.programs, "helm"));
    await shell.run(`kubectl config set-context --current --namespace=${namespace}`);
    return shell;
  }

  /** Puts the bundled plugin on the path, as an installation does. */
  async addPlugin(): Promise<void> {
    await cp(fileOf("dist/kubectl-stowage"), path.join(this.programs, "kubectl-stowage"));
  }

  /** Runs a script, whatever its exit code. It ends at the first command that fails. */
  async try(script: string, input = ""): Promise<Outcome> {
    const { stdout, stderr, exitCode } = await execa("bash", ["-euo", "pipefail", "-c", script], {
      cwd: fileOf("."),
      env: {
        KUBECONFIG: this.#kubeconfig,
        HOME: this.home,
        PATH: `${this.programs}:${fileOf("node_modules/.bin")}:${process.env["PATH"] ?? ""}`,
      },
      input,
      reject: false,
      timeout: 300_000 * patience,
    });
    return { stdout, stderr, exitCode: exitCode ?? -1 };
  }

  /** Runs a script and returns its stdout. @throws Error with all that it said if it failed. */
  async run(script: string, meant: Meant = {}): Promise<string> {
    const text = withNames(script, meant);
    const { stdout, stderr, exitCode } = await this.try(text);
    if (exitCode === 0) return stdout;
    throw new Error(`ended with ${exitCode}:\n${text}\n${stdout}\n${stderr}`);
  }

  async close(): Promise<void> {
    await rm(this.home, { recursive: true });
  }
}
