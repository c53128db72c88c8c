import type { Clock } from "@stowage/clock";
import type { HostKind } from "./host-kinds.ts";
import type { Progress } from "./progress.ts";
import type { SchedulerConfiguration } from "./scheduler-configuration.ts";

export type ClusterOptions = {
  /** Clusters with different names live side by side; `dev` by default. */
  readonly name?: string;
  /** How many nodes, called n1, n2, ...; three by default. With none, the control plane alone runs. */
  readonly nodes?: number;
  /** What kind of host each node is, or one for all; `plain` by default. */
  readonly hosts?: readonly HostKind[];
  /** Each node's empty disks, such as `4Gi`, as disk-spec.ts reads them; two of 4Gi by default. */
  readonly disks?: readonly string[];
  /** The disks of single nodes, by name, where they differ. */
  readonly disksOf?: Readonly<Record<string, readonly string[]>>;
  /** Memory of each node in the kernel's notation; 1536M by default. */
  readonly memory?: string;
  readonly scheduler?: SchedulerConfiguration;
  /** For instance `--node-monitor-grace-period=10s`. */
  readonly controllerManagerFlags?: readonly string[];
  /** Whose end makes the cluster a leftover that the next `up` removes; this process by default. */
  readonly owner?: "this process" | "nobody";
  readonly progress?: Progress;
  readonly clock?: Clock;
};
