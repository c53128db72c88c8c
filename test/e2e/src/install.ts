import { readFile } from "node:fs/promises";
import { fileOf, Helm } from "@stowage/test-chart";
import type { Cluster, Progress } from "@stowage/test-cluster";
import { patience } from "@stowage/test-cluster";
import { execa } from "execa";
import { parse } from "yaml";
import { elsewhereValues, installImageMode, prepareImageMode } from "./image-mode.ts";
import type { Plain } from "./kinds.ts";
import { rolledOut, workloads } from "./rollout.ts";

/**
 * What is installed in every cluster here: the image that the nodes were given, and agents that see
 * sooner than by default what was changed on their node, so that tests and people wait less.
 */
export const installValues: readonly string[] = [
  "image.tag=dev",
  "agent.lvm.image.tag=dev",
  "agent.scanSeconds=15",
].flatMap((value) => ["--set", value]);

/** Bundles the programs as the image has them; the path of the file to run. */
export const bundlePrograms = async (): Promise<string> => {
  await execa("npm", ["run", "--silent", "bundle"], { cwd: fileOf("."), preferLocal: true });
  return fileOf("dist/stowage.mjs");
};

/** Installs Stowage as a user would: image, chart, and kube-scheduler's configuration. */
export const install = async (cluster: Cluster, progress: Progress): Promise<void> => {
  const helm = await Helm.get(progress, cluster.kubeconfig);
  await progress.stage("Bundling the programs", bundlePrograms);
  await cluster.loadStowageImage(fileOf("."), progress);
  const apart = await prepareImageMode(cluster, progress);
  await progress.stage("Installing Stowage", async () => {
    await cluster.kubectl(["apply", "-f", fileOf("deploy/manifests/00-namespace.yaml")]);
    const all = [...installValues, ...elsewhereValues(apart)];
    await helm.upgrade(...all, "--wait", `--timeout=${180 * patience}s`);
    await installImageMode(cluster, helm, apart, installValues);
  });
  await progress.stage("Telling kube-scheduler about it", () => configureScheduler(cluster));
};

/** The same where it is installed already: the programs of now run afterwards, not those of before. */
export const installAnew = async (cluster: Cluster, progress: Progress): Promise<void> => {
  await install(cluster, progress);
  await progress.stage("Starting the programs anew", async () => {
    await cluster.kubectl(["-n", "stowage-system", "rollout", "restart", ...workloads]);
    for (const workload of workloads) await rolledOut(cluster, workload);
  });
};

/** The extender's Service, by which kube-scheduler asks it. */
export const extenderAddress = (cluster: Cluster): Promise<string> =>
  cluster.kubectl(
    "-n stowage-system get service stowage-extender -o jsonpath={.spec.clusterIP}".split(" "),
  );

/** Starts kube-scheduler anew with deploy/scheduler/extender.yaml. */
export const configureScheduler = async (cluster: Cluster): Promise<void> => {
  const address = await extenderAddress(cluster);
  const text = await readFile(fileOf("deploy/scheduler/extender.yaml"), "utf8");
  const configuration = parse(text.replace("STOWAGE_EXTENDER", address)) as Plain;
  await cluster.controlPlane.restartScheduler(configuration);
};
