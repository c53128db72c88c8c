import { patience } from "@stowage/test-cluster";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Cluster } from "@stowage/test-cluster";
import { execa } from "execa";

const bundle = fileURLToPath(new URL("../../../dist/kubectl-stowage", import.meta.url));

type Call = { readonly stdout: string; readonly stderr: string; readonly exitCode: number };

/** The bundle as kubectl finds it: a program kubectl-stowage on the path, far from this repository. */
export class Plugin {
  readonly #cluster: Cluster;
  readonly #folder: string;

  private constructor(cluster: Cluster, folder: string) {
    this.#cluster = cluster;
    this.#folder = folder;
  }

  static async install(cluster: Cluster): Promise<Plugin> {
    const folder = await mkdtemp(path.join(tmpdir(), "stowage-plugin-"));
    await cp(bundle, path.join(folder, "kubectl-stowage"));
    await symlink("kubectl-stowage", path.join(folder, "kubectl_complete-stowage"));
    return new Plugin(cluster, folder);
  }

  /** Runs kubectl with these words, whatever its exit code. */
  async kubectl(...words: readonly string[]): Promise<Call> {
    const { stdout, stderr, exitCode } = await execa(this.#cluster.kubectlProgram, words, {
      env: {
        KUBECONFIG: this.#cluster.kubeconfig,
        PATH: `${this.#folder}:${process.env["PATH"] ?? ""}`,
      },
      reject: false,
      stdin: "ignore",
      timeout: 120_000 * patience,
    });
    return { stdout, stderr, exitCode: exitCode ?? -1 };
  }

  run(words: string): Promise<Call> {
    return this.kubectl("stowage", ...words.split(" "));
  }

  /** The view that a command shows, as data. @throws Error with all that it said if it failed. */
  async view(words: string): Promise<unknown> {
    const { stdout, stderr, exitCode } = await this.run(`${words} -o json`);
    if (stdout === "") throw new Error(`${words} ended with ${exitCode}: ${stderr}`);
    return JSON.parse(stdout);
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}
