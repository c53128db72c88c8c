import type { Clock } from "@stowage/clock";
import type { Kernel } from "./kernel.ts";
import type { Layout } from "./state-folder.ts";

/** What every part of a running cluster works with. */
export type Context = {
  readonly clock: Clock;
  readonly layout: Layout;
  readonly namespace: string;
  /** The folder with Kubernetes', etcd's and containerd's programs. */
  readonly binaries: string;
  readonly kernel: Kernel;
};
