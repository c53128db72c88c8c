import type { Cluster } from "@stowage/test-cluster";

const writes = /^(POST|PUT|PATCH|DELETE|APPLY)$/;

/**
 * Requests to the API server for the objects that only Stowage writes: NodeLocalStorages,
 * PersistentVolumes made by it, and published capacity. Reads are GET and LIST of NodeLocalStorages.
 */
const count = async (cluster: Cluster): Promise<{ writes: number; reads: number }> => {
  const metrics = await cluster.kubectl(["get", "--raw", "/metrics"]);
  let [written, read] = [0, 0];
  for (const line of metrics.split("\n")) {
    if (!line.startsWith("apiserver_request_total{")) continue;
    const label = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(line)?.[1] ?? "";
    const value = Number(line.slice(line.lastIndexOf(" ") + 1));
    const [resource, verb] = [label("resource"), label("verb")];
    if (resource === "nodelocalstorages" && (verb === "GET" || verb === "LIST")) read += value;
    // The PV controller updates PersistentVolumes by PUT; only a provisioner makes them.
    const isOurs =
      (resource === "nodelocalstorages" || resource === "csistoragecapacities"
        ? writes.test(verb)
        : resource === "persistentvolumes" && verb === "POST") && label("code") !== "404";
    if (isOurs) written += value;
  }
  return { writes: written, reads: read };
};

/** Begins to count; the returned function tells the requests for each of so many claims. */
export const requestsSince = async (
  cluster: Cluster,
): Promise<(claims: number) => Promise<{ writesPerClaim: number; readsPerClaim: number }>> => {
  const before = await count(cluster);
  return async (claims) => {
    const after = await count(cluster);
    const each = (total: number): number => Math.round((total / claims) * 100) / 100;
    return {
      writesPerClaim: each(after.writes - before.writes),
      readsPerClaim: each(after.reads - before.reads),
    };
  };
};
