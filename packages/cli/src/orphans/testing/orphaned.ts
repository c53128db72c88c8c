import { nodeLocalStorages } from "@stowage/api";
import { TestCluster } from "../../testing/cluster.ts";
import {
  entry,
  healthyObjects,
  made,
  orphan,
  persistentVolume,
  storage,
  volumeOf,
} from "../../testing/objects.ts";

/** A cluster with two orphans on n1, and a volume that is in order. */
export const clusterWith = (more: Record<string, object[]> = {}): TestCluster =>
  withAgent(
    new TestCluster({
      ...healthyObjects(),
      nodelocalstorages: [
        storage({
          node: "n1",
          spec: { volumes: [entry("kept")] },
          status: { volumes: [made("kept")], orphans: [orphan("data", "2Gi"), orphan("logs")] },
        }),
      ],
      persistentvolumes: [persistentVolume("kept")],
      ...more,
    }),
  );

/** Each time the CLI waits, the agent reports on the entries as they are. */
export const withAgent = (cluster: TestCluster, state = "Ready"): TestCluster => {
  cluster.meanwhile = () => {
    const raw = cluster.get("nodelocalstorages", "n1.fast");
    const entries = entriesOf(cluster);
    const names = new Set(entries.map(({ name }) => name));
    const status = {
      ...(raw?.["status"] as object),
      volumes: entries.map(({ name, size }) => ({ name, state, size: `${size}` })),
      orphans: [orphan("data", "2Gi"), orphan("logs")].filter(
        ({ name }) => !names.has(String(name)),
      ),
    };
    cluster.store.update("nodelocalstorages", "n1.fast", { ...raw, status }, "status");
  };
  return cluster;
};

/** The ledger of n1. */
export const entriesOf = (cluster: TestCluster) =>
  nodeLocalStorages.parse(cluster.get("nodelocalstorages", "n1.fast")).spec.volumes;

export const adoptData = `orphans adopt n1 fast ${volumeOf("data")} --yes`;
export const collectData = `orphans collect n1 fast ${volumeOf("data")}`;
