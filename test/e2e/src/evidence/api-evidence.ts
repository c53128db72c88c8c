import type { Cluster } from "@stowage/test-cluster";
import { patience } from "@stowage/test-cluster";
import { milliseconds } from "@stowage/clock";
import type { Shelf } from "./shelf.ts";

const limit = milliseconds(20_000);

/** What the API server is asked for, by the file that keeps it. */
const questions: Readonly<Record<string, string>> = {
  "overview.txt":
    "get nodes,nodelocalstorages,persistentvolumes,persistentvolumeclaims,pods -A -o wide",
  "events.txt": "get events -A --sort-by=.metadata.creationTimestamp -o wide",
  "objects/events.yaml": "get events -A -o yaml",
  "objects/nodelocalstorages.yaml": "get nodelocalstorages -o yaml",
  "objects/persistentvolumes.yaml":
    "get persistentvolumes,storageclasses,csistoragecapacities -A -o yaml",
  "objects/persistentvolumeclaims.yaml": "get persistentvolumeclaims -A -o yaml",
  "objects/pods.yaml": "get pods -A -o yaml",
  "objects/workloads.yaml":
    "get daemonsets,deployments,replicasets,statefulsets,services,endpointslices,leases -A -o yaml",
  "objects/nodes.yaml": "get nodes -o yaml",
};

/** Objects and events of all namespaces, the test's and Stowage's among them. */
export const apiEvidence = async (cluster: Cluster, shelf: Shelf): Promise<void> => {
  await Promise.all(
    Object.entries(questions).map(([file, words]) =>
      shelf.ask(file, (limit + 5_000) * patience, () =>
        cluster.kubectl([...words.split(" "), "--request-timeout=15s"], { limit }),
      ),
    ),
  );
};
