import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Cluster, Progress } from "@stowage/test-cluster";
import { execa } from "execa";
import { parse } from "yaml";
import type { Plain } from "./kinds.ts";

const root = new URL("../../../", import.meta.url);

/** The path of a file of the repository. */
export const fileIn = (name: string): string => fileURLToPath(new URL(name, root));

/** Bundles the programs as the image has them; the path of the file to run. */
export const bundlePrograms = async (): Promise<string> => {
  await execa("npm", ["run", "--silent", "bundle"], { cwd: fileIn("."), preferLocal: true });
  return fileIn("dist/stowage.mjs");
};

const programs = [
  "daemonset/stowage-agent",
  "deployment/stowage-provisioner",
  "deployment/stowage-extender",
] as const;

/**
 * Installs Stowage as a user would: image, CRD, manifests, and kube-scheduler's configuration.
 * `agentSettings`: environment variables of the agents.
 */
export const install = async (
  cluster: Cluster,
  progress: Progress,
  agentSettings: Readonly<Record<string, string>> = {},
): Promise<void> => {
  await progress.stage("Bundling the programs", bundlePrograms);
  await cluster.loadStowageImage(fileIn("."), progress);
  await progress.stage("Installing Stowage", async () => {
    await cluster.kubectl(["apply", "--server-side", "-f", fileIn("crds")]);
    await withManifests(agentSettings, (folder) =>
      cluster.kubectl(["apply", "--server-side", "-f", folder]),
    );
    await rolledOut(cluster);
  });
  await progress.stage("Telling kube-scheduler about it", () => configureScheduler(cluster));
};

/** A copy of the manifests, in which the agents have these environment variables too. */
const withManifests = async (
  agentSettings: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<unknown>,
): Promise<void> => {
  const folder = await mkdtemp(path.join(tmpdir(), "stowage-manifests-"));
  try {
    await cp(fileIn("deploy/manifests"), folder, { recursive: true });
    const file = path.join(folder, "10-agent.yaml");
    const list = "          env:\n";
    const more = Object.entries(agentSettings).map(
      ([name, value]) => `            - { name: ${name}, value: ${JSON.stringify(value)} }\n`,
    );
    const text = await readFile(file, "utf8");
    if (!text.includes(list)) throw new Error(`${file} lists no environment variables`);
    await writeFile(file, text.replace(list, `${list}${more.join("")}`));
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** Resolves when every replica of the three programs is Ready. */
const rolledOut = async (cluster: Cluster): Promise<void> => {
  for (const program of programs) {
    await cluster.kubectl(["-n", "stowage-system", "rollout", "status", program, "--timeout=180s"]);
  }
};

/** The extender's Service, by which kube-scheduler asks it. */
export const extenderAddress = (cluster: Cluster): Promise<string> =>
  cluster.kubectl(
    "-n stowage-system get service stowage-extender -o jsonpath={.spec.clusterIP}".split(" "),
  );

/** Starts kube-scheduler anew with deploy/scheduler/extender.yaml. */
export const configureScheduler = async (cluster: Cluster): Promise<void> => {
  const address = await extenderAddress(cluster);
  const text = await readFile(fileIn("deploy/scheduler/extender.yaml"), "utf8");
  const configuration = parse(text.replace("STOWAGE_EXTENDER", address)) as Plain;
  await cluster.controlPlane.restartScheduler(configuration);
};
