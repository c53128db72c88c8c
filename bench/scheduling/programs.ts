import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Cluster } from "@stowage/test-cluster";
import { rolldown } from "rolldown";
import { imageInput, imageOutput } from "../../rolldown.config.ts";
import { namespace } from "./simulated-nodes.ts";

/** The control plane's address in the cluster's own network. */
const inside = "10.99.0.1";
const extenderPort = 9808;
export const extenderAddress = `127.0.0.1:${extenderPort}`;

const root = path.join(import.meta.dirname, "../..");

/** Stowage's programs as the image has them, run in the cluster's network. */
export class Programs {
  readonly #cluster: Cluster;
  readonly #bundle: string;
  readonly #kubeconfig: string;
  readonly #running: ChildProcess[] = [];

  private constructor(cluster: Cluster, bundle: string, kubeconfig: string) {
    this.#cluster = cluster;
    this.#bundle = bundle;
    this.#kubeconfig = kubeconfig;
  }

  static async of(cluster: Cluster): Promise<Programs> {
    const folder = await mkdtemp(path.join(tmpdir(), "stowage-bench-"));
    await using bundle = await rolldown({
      ...imageInput,
      input: { stowage: path.join(root, "packages/cli/src/image.ts") },
      logLevel: "warn",
    });
    await bundle.write({ ...imageOutput, dir: folder });
    const kubeconfig = path.join(folder, "kubeconfig");
    const admin = await readFile(cluster.kubeconfig, "utf8");
    await writeFile(kubeconfig, admin.replace(cluster.server, `https://${inside}:443`), {
      mode: 0o600,
    });
    return new Programs(cluster, path.join(folder, "stowage.mjs"), kubeconfig);
  }

  start(program: "extender" | "provisioner"): void {
    const child = spawn(
      "ip",
      ["netns", "exec", `stowage-${this.#cluster.name}`, process.execPath, this.#bundle, program],
      {
        env: {
          ...process.env,
          KUBECONFIG: this.#kubeconfig,
          POD_NAMESPACE: namespace,
          POD_NAME: program,
          LOG_LEVEL: "warn",
          ...(program === "extender" ? { PORT: `${extenderPort}` } : {}),
        },
        stdio: ["ignore", "ignore", "inherit"],
      },
    );
    this.#running.push(child);
  }

  /** Whether the extender answers for pods with claims. */
  async extenderReady(): Promise<boolean> {
    const forward = await this.#cluster.forward({ host: "127.0.0.1", port: extenderPort });
    try {
      const { status } = await fetch(`http://127.0.0.1:${forward.port}/readyz`);
      return status === 200;
    } catch {
      return false;
    } finally {
      await forward.close();
    }
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#running.map(
        (child) =>
          new Promise<void>((resolve) => {
            if (child.exitCode !== null || child.signalCode !== null) return resolve();
            child.once("exit", () => resolve());
            child.kill();
          }),
      ),
    );
  }
}
