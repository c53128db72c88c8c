import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Cluster, Progress } from "@stowage/test-cluster";
import { execa } from "execa";
import { parse } from "yaml";
import type { Plain } from "./kinds.ts";

const root = new URL("../../../", import.meta.url);
const fileIn = (path: string): string => fileURLToPath(new URL(path, root));

const programs = [
  "daemonset/stowage-agent",
  "deployment/stowage-provisioner",
  "deployment/stowage-extender",
] as const;

/**
 * Installs Stowage as a user would: image, CRD, manifests, and kube-scheduler's configuration.
 * `agentSettings`: environment variables of the agents, NAME=value.
 */
export const install = async (
  cluster: Cluster,
  progress: Progress,
  agentSettings: readonly string[] = [],
): Promise<void> => {
  await progress.stage("Bundling the programs", () =>
    execa("npm", ["run", "--silent", "bundle"], { cwd: fileIn("."), preferLocal: true }),
  );
  await cluster.loadStowageImage(fileIn("."), progress);
  await progress.stage("Installing Stowage", async () => {
    for (const folder of ["crds", "deploy/manifests"]) {
      await cluster.kubectl(["apply", "--server-side", "-f", fileIn(folder)]);
    }
    if (agentSettings.length > 0) {
      const set = ["-n", "stowage-system", "set", "env", "daemonset/stowage-agent"];
      await cluster.kubectl([...set, ...agentSettings]);
    }
    await rolledOut(cluster);
  });
  await progress.stage("Telling kube-scheduler about it", () => configureScheduler(cluster));
};

/** Resolves when every replica of the three programs is Ready. */
const rolledOut = async (cluster: Cluster): Promise<void> => {
  for (const program of programs) {
    await cluster.kubectl(["-n", "stowage-system", "rollout", "status", program, "--timeout=180s"]);
  }
};

const configureScheduler = async (cluster: Cluster): Promise<void> => {
  const address = await cluster.kubectl(
    "-n stowage-system get service stowage-extender -o jsonpath={.spec.clusterIP}".split(" "),
  );
  const text = await readFile(fileIn("deploy/scheduler/extender.yaml"), "utf8");
  const configuration = parse(text.replace("STOWAGE_EXTENDER", address)) as Plain;
  await cluster.controlPlane.restartScheduler(configuration);
};
