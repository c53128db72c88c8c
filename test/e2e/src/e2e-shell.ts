import { spawn } from "node:child_process";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileOf } from "@stowage/test-chart";
import { Cluster, nameLeftUp } from "@stowage/test-cluster";
import { bundlePrograms } from "./install.ts";
import { clusterVariable } from "./shared-cluster.ts";

/* `make e2e-shell`: a shell at a cluster that was left up, with kubectl and `kubectl stowage`. */

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const runShell = (cluster: Cluster, programs: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.env["SHELL"] ?? "bash", {
      stdio: "inherit",
      env: {
        ...process.env,
        KUBECONFIG: cluster.kubeconfig,
        PATH: `${programs}:${process.env["PATH"] ?? ""}`,
      },
    });
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });

const name = process.env[clusterVariable] ?? (await nameLeftUp());
if (name === undefined) {
  say("no cluster is left up: `make e2e FILE=... KEEP=1` leaves one, and so does `make cluster`");
  process.exit(1);
}
const cluster = await Cluster.attach(name);
const programs = await mkdtemp(path.join(tmpdir(), "stowage-e2e-shell-"));
try {
  await bundlePrograms();
  await symlink(cluster.kubectlProgram, path.join(programs, "kubectl"));
  await cp(fileOf("dist/kubectl-stowage"), path.join(programs, "kubectl-stowage"));
  say(`The cluster ${name}: kubectl and kubectl stowage lead to it. exit ends this shell.`);
  process.exitCode = await runShell(cluster, programs);
} finally {
  await rm(programs, { recursive: true });
}
