import { fileOf } from "@stowage/test-chart";
import type { Cluster, Progress } from "@stowage/test-cluster";
import { bundlePrograms, configureScheduler } from "./install.ts";
import { rolledOut, workloads } from "./rollout.ts";

/**
 * Installs Stowage as those do who have no Helm (docs/install.md): Helm takes minutes to build where
 * it is not there yet, and the manifests are what the chart renders.
 */
export const installManifests = async (cluster: Cluster, progress: Progress): Promise<void> => {
  await progress.stage("Bundling the programs", bundlePrograms);
  await cluster.loadStowageImage(fileOf("."), progress);
  await progress.stage("Installing Stowage", async () => {
    const files = ["crds/", "deploy/manifests/"].flatMap((folder) => ["-f", fileOf(folder)]);
    await cluster.kubectl(["apply", "--server-side", ...files]);
    await Promise.all(workloads.map((workload) => rolledOut(cluster, workload)));
  });
  await progress.stage("Telling kube-scheduler about it", () => configureScheduler(cluster));
};
