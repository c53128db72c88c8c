import { cp, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileOf } from "@stowage/test-chart";
import type { Cluster, Progress } from "@stowage/test-cluster";
import { stowageImage } from "@stowage/test-cluster";
import { execa } from "execa";
import { bundlePrograms } from "./install.ts";

/**
 * What stands for the version before this one as long as none was released: the first commit with the
 * chart, whose programs take the arguments and settings that today's chart gives.
 */
const earlier = "90f08b07181a8f568d6dca9bee6c2d9f5b1c4988";

export const earlierImage = "localhost/stowage:earlier";

/** Whether this clone has the history that it is built from. */
export const hasEarlier = async (): Promise<boolean> => {
  const { exitCode } = await execa("git", ["cat-file", "-e", `${earlier}^{commit}`], {
    cwd: fileOf("."),
    reject: false,
  });
  return exitCode === 0;
};

/** Builds the earlier programs and loads their image into the nodes, beside today's. */
export const loadEarlierImage = async (cluster: Cluster, progress: Progress): Promise<void> => {
  const folder = await mkdtemp(path.join(tmpdir(), "stowage-earlier-"));
  try {
    await progress.stage("Bundling the earlier programs", () => bundleIn(folder));
    await bundlePrograms();
    // The image has the plugin too, which that commit did not have yet and nobody asks for here.
    await cp(fileOf("dist/kubectl-stowage"), path.join(folder, "dist/kubectl-stowage"));
    await cluster.loadStowageImage(folder, progress);
    for (const node of cluster.nodes) {
      await node.exec(["ctr", "-n", "k8s.io", "images", "tag", stowageImage, earlierImage]);
    }
    await cluster.loadStowageImage(fileOf("."), progress);
  } finally {
    await rm(folder, { recursive: true });
  }
};

const bundleIn = async (folder: string): Promise<void> => {
  const archive = path.join(folder, "sources.tar");
  await execa("git", ["archive", "--output", archive, earlier], { cwd: fileOf(".") });
  await execa("tar", ["-xf", archive, "-C", folder]);
  // Modules of others are today's; Stowage's own are that commit's.
  const modules = path.join(folder, "node_modules");
  const own = path.join(modules, "@stowage");
  await mkdir(own, { recursive: true });
  for (const name of await readdir(fileOf("node_modules"))) {
    if (name === "@stowage") continue;
    await symlink(path.join(fileOf("node_modules"), name), path.join(modules, name));
  }
  for (const name of await readdir(path.join(folder, "packages"))) {
    await symlink(path.join(folder, "packages", name), path.join(own, name));
  }
  await execa("rolldown", ["--config", "rolldown.config.ts", "--log-level", "warn"], {
    cwd: folder,
    preferLocal: true,
    localDir: fileOf("."),
  });
};
