import { fileURLToPath } from "node:url";
import type { Progress } from "@stowage/test-cluster";
import { helmProgram } from "@stowage/test-cluster";
import { execa } from "execa";
import { parseAllDocuments } from "yaml";

const root = new URL("../../../", import.meta.url);

/** Full path of a file of the repository. */
export const fileOf = (name: string): string => fileURLToPath(new URL(name, root));

export const chartFolder = fileOf("deploy/charts/stowage");

/** Where and under which name the documentation installs. */
const release = ["stowage", chartFolder, "--namespace", "stowage-system"] as const;

/** An object as the chart renders it. */
export type Rendered = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [key: string]: unknown;
};

/** Helm, as a person would run it on the chart. Every method fails with Helm's own words. */
export class Helm {
  readonly #program: string;
  readonly #kubeconfig: string;

  private constructor(program: string, kubeconfig: string) {
    this.#program = program;
    this.#kubeconfig = kubeconfig;
  }

  /** Without a kubeconfig it can render and lint, and reaches no cluster. */
  static async get(progress: Progress, kubeconfig = "/dev/null"): Promise<Helm> {
    return new Helm(await helmProgram(progress), kubeconfig);
  }

  /** What the chart makes of these arguments, `--set` and `--values`. */
  template(...more: readonly string[]): Promise<string> {
    return this.#run("template", ...release, ...more);
  }

  async objects(...more: readonly string[]): Promise<Rendered[]> {
    const documents = parseAllDocuments(await this.template(...more));
    return documents
      .map((document) => document.toJS() as Rendered | null)
      .filter((one) => one !== null);
  }

  lint(...more: readonly string[]): Promise<string> {
    return this.#run("lint", "--strict", chartFolder, ...more);
  }

  /** What Helm tells a person after an installation. */
  async notes(...more: readonly string[]): Promise<string> {
    const shown = await this.#run("install", ...release, "--dry-run=client", ...more);
    const [, notes] = shown.split("\nNOTES:\n");
    if (notes === undefined) throw new Error(`Helm printed no notes:\n${shown}`);
    return notes;
  }

  /** Installs, or upgrades what is installed. */
  upgrade(...more: readonly string[]): Promise<string> {
    return this.#run("upgrade", "--install", ...release, ...more);
  }

  /** The same of a chart that lies in another folder. */
  upgradeTo(folder: string, ...more: readonly string[]): Promise<string> {
    const [name, , ...rest] = release;
    return this.#run("upgrade", name, folder, ...rest, ...more);
  }

  uninstall(): Promise<string> {
    return this.#run("uninstall", "stowage", "--namespace", "stowage-system", "--wait");
  }

  async #run(...argv: readonly string[]): Promise<string> {
    const { stdout } = await execa(this.#program, argv, {
      stdin: "ignore",
      env: { KUBECONFIG: this.#kubeconfig },
    });
    return stdout;
  }
}
