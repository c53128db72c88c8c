import type { Clock } from "@stowage/clock";
import { baseImage } from "./base-image.ts";
import { makeBinaries } from "./binaries.ts";
import { goldenState } from "./golden-state.ts";
import type { Kernel } from "./kernel.ts";
import { chooseKernel } from "./kernel.ts";
import type { Progress } from "./progress.ts";
import { countdown } from "./progress.ts";

/** What a cluster is made from; made once, kept in the cache. */
export type Ingredients = {
  /** The folder with every program of the cluster. */
  readonly binaries: string;
  /** The file system that new nodes get a copy of. */
  readonly golden: string;
  readonly kernel: Kernel;
};

/**
 * Makes whatever of a cluster's ingredients the cache lacks, side by side: one waits for the network
 * while another has the processors.
 * @throws ClusterError `binaries_build_failed` or `image_build_failed`
 */
export const ingredients = async (clock: Clock, progress: Progress): Promise<Ingredients> => {
  const names = {
    containerd: "containerd",
    kernel: "the nodes' kernel",
    base: "the base image",
    golden: "the nodes' images",
    binaries: "Kubernetes and etcd",
  };
  const track = countdown(clock, progress, Object.values(names));
  const programs = makeBinaries(progress);
  const choice = track(names.kernel, chooseKernel(progress));
  const [binaries, kernel, golden] = await Promise.all([
    track(names.binaries, programs.all),
    choice,
    track(
      names.golden,
      Promise.all([
        choice,
        track(names.containerd, programs.containerd),
        track(names.base, baseImage(progress)),
      ]).then(([chosen, containerd, base]) => goldenState(progress, chosen, containerd, [base])),
    ),
  ]);
  return { binaries, kernel, golden };
};

/** What a control plane without nodes is made from. @throws ClusterError `binaries_build_failed` */
export const withoutNodes = async (progress: Progress): Promise<Ingredients> => {
  const [binaries, kernel] = await Promise.all([
    makeBinaries(progress).all,
    chooseKernel(progress),
  ]);
  return { binaries, kernel, golden: "" };
};
