import { ClusterError } from "./errors.ts";
import type { DiskRecord, NodeRecord } from "./state-folder.ts";

/**
 * A disk that nodes share is of one size and has one table, and each node has it once: all of them
 * name it alike.
 * @throws ClusterError `disk_spec_invalid`
 */
export const mustShareWell = (nodes: readonly Pick<NodeRecord, "name" | "disks">[]): void => {
  const shared = new Map<string, DiskRecord>();
  for (const { name, disks } of nodes) {
    const own = new Set<string>();
    for (const disk of disks) {
      if (disk.shared === undefined) continue;
      if (own.has(disk.shared)) {
        throw new ClusterError(
          "disk_spec_invalid",
          `${name} has the shared disk ${disk.shared} already: one link cannot lead to two disks`,
        );
      }
      own.add(disk.shared);
      const first = shared.get(disk.shared) ?? disk;
      shared.set(disk.shared, first);
      if (first.sizeBytes === disk.sizeBytes && first.partitions === disk.partitions) continue;
      throw new ClusterError(
        "disk_spec_invalid",
        `the shared disk ${disk.shared} is described in two ways`,
      );
    }
  }
};
