import type { ClusterOptions } from "./cluster-options.ts";
import { parseDiskSpec } from "./disk-spec.ts";
import { ClusterError } from "./errors.ts";
import type { HostKind } from "./host-kinds.ts";
import { hostOfEach } from "./host-kinds.ts";
import { mustShareWell } from "./shared-disks.ts";
import type { DiskRecord, NodeRecord } from "./state-folder.ts";
import { unitLimit } from "./user-mode-linux.ts";

/**
 * The nodes that the options ask for, none of which exists yet.
 * @throws ClusterError `disk_spec_invalid`, `host_kind_invalid` or `node_unknown`
 */
export const planNodes = (options: ClusterOptions): readonly NodeRecord[] => {
  const names = Array.from({ length: options.nodes ?? 3 }, (_, index) => `n${index + 1}`);
  const { disks = ["4Gi", "4Gi"], disksOf = {}, hosts = ["plain"], memory = "1536M" } = options;
  for (const name of Object.keys(disksOf)) {
    if (names.includes(name)) continue;
    throw new ClusterError("node_unknown", `disks for ${name}: the nodes are ${names.join(", ")}`);
  }
  const kinds = hostOfEach(hosts, names.length);
  const plans = names.map((name, index): NodeRecord => {
    const specs = disksOf[name] ?? disks;
    const host = kinds[index] ?? "plain";
    if (specs.length >= unitLimit) {
      throw new ClusterError("disk_spec_invalid", `${name} takes ${unitLimit - 1} disks at most`);
    }
    mustHaveWhatItHides(name, host, specs.length);
    return { name, index: index + 1, memory, host, disks: specs.map(diskAt) };
  });
  mustShareWell(plans);
  return plans;
};

const diskAt = (spec: string, position: number): DiskRecord => ({
  ...parseDiskSpec(spec),
  name: `disk${position + 1}`,
  unit: position + 1,
  plugged: "in",
});

const mustHaveWhatItHides = (name: string, host: HostKind, disks: number): void => {
  if (host !== "filtered" || disks >= 2) return;
  throw new ClusterError(
    "host_kind_invalid",
    `${name} is filtered, which hides its second disk from LVM: give it two`,
  );
};
