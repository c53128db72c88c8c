import { mkdir, rm } from "node:fs/promises";
import { copyGolden, startAll } from "./bring-up.ts";
import { componentNames } from "./components.ts";
import type { Context } from "./context.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { Node } from "./node.ts";
import type { Progress } from "./progress.ts";

/**
 * Makes a cluster anew on the disks of its nodes: etcd is empty, every node is installed from
 * scratch, kube-scheduler has its own configuration again. The disks are as a power cut leaves them.
 * Addresses, names and the certificate authority stay, so that clients of before still get in.
 */
export const rebuild = async (
  { layout }: Context,
  controlPlane: ControlPlane,
  nodes: readonly Node[],
  golden: string,
  progress: Progress,
): Promise<void> => {
  await Promise.all(nodes.map((node) => node.powerCut()));
  for (const name of componentNames.toReversed()) await controlPlane.kill(name);
  await rm(layout.etcd, { recursive: true });
  await mkdir(layout.etcd, { mode: 0o700 });
  await controlPlane.writeSchedulerConfiguration(undefined);
  await startAll(controlPlane, nodes, progress, async ({ name }) => {
    await rm(layout.stateImage(name));
    await copyGolden(golden, layout.stateImage(name));
  });
};
