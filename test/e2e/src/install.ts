import { readFile } from "node:fs/promises";
import { fileOf, Helm } from "@stowage/test-chart";
import type { Cluster, Progress } from "@stowage/test-cluster";
import { patience } from "@stowage/test-cluster";
import { execa } from "execa";
import { parse } from "yaml";
import { elsewhereValues, installImageMode, prepareImageMode } from "./image-mode.ts";
import type { Plain } from "./kinds.ts";

/** What is installed here: the image that the nodes were given. */
export const imageValues = ["--set", "image.tag=dev", "--set", "agent.lvm.image.tag=dev"] as const;

/** Bundles the programs as the image has them; the path of the file to run. */
export const bundlePrograms = async (): Promise<string> => {
  await execa("npm", ["run", "--silent", "bundle"], { cwd: fileOf("."), preferLocal: true });
  return fileOf("dist/stowage.mjs");
};

/**
 * Installs Stowage as a user would: image, chart, and kube-scheduler's configuration.
 * `values`: further arguments for Helm, such as `--set`.
 */
export const install = async (
  cluster: Cluster,
  progress: Progress,
  values: readonly string[] = [],
): Promise<void> => {
  const helm = await Helm.get(progress, cluster.kubeconfig);
  await progress.stage("Bundling the programs", bundlePrograms);
  await cluster.loadStowageImage(fileOf("."), progress);
  const apart = await prepareImageMode(cluster, progress);
  await progress.stage("Installing Stowage", async () => {
    await cluster.kubectl(["apply", "-f", fileOf("deploy/manifests/00-namespace.yaml")]);
    const all = [...imageValues, ...values, ...elsewhereValues(apart)];
    await helm.upgrade(...all, "--wait", `--timeout=${180 * patience}s`);
    await installImageMode(cluster, helm, apart, [...imageValues, ...values]);
  });
  await progress.stage("Telling kube-scheduler about it", () => configureScheduler(cluster));
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
