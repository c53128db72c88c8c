import { expect, test } from "vitest";
import type { TestCluster } from "../testing/cluster.ts";
import { entry, volumeOf } from "../testing/objects.ts";
import { adoptData, clusterWith, collectData, entriesOf } from "./testing/orphaned.ts";

/** Runs a command whose first write to the ledger meets an entry that somebody else just added. */
const overtakenBy = async (added: object, command: string): Promise<[TestCluster, number]> => {
  const cluster = clusterWith();
  let state: "no" | "yes" = "no";
  cluster.before = ({ method }) => {
    if (method === "GET" || state === "yes") return;
    state = "yes";
    const raw = cluster.get("nodelocalstorages", "n1.fast");
    const spec = { ...(raw?.["spec"] as object), volumes: [entry("kept"), added] };
    cluster.store.update("nodelocalstorages", "n1.fast", { ...raw, spec }, "main");
  };
  const { code } = await cluster.run(command);
  return [cluster, code];
};

test("an adoption that is overtaken by a collection is refused", async () => {
  const tombstone = entry("data", "2Gi", { delete: true });
  const [cluster, code] = await overtakenBy(tombstone, adoptData);
  expect(code).toBe(1);
  expect(entriesOf(cluster)).toHaveLength(2);
  expect(entriesOf(cluster)[1]).toMatchObject({ delete: true });
  expect(cluster.get("persistentvolumes", volumeOf("data"))).toBeUndefined();
});

test("a collection that is overtaken by an adoption is refused", async () => {
  const [cluster, code] = await overtakenBy(entry("data", "2Gi"), `${collectData} --yes`);
  expect(code).toBe(1);
  expect(entriesOf(cluster)).toHaveLength(2);
  expect(entriesOf(cluster)[1]).not.toHaveProperty("delete");
});

test("two adoptions of one volume at once end as one", async () => {
  const [cluster, code] = await overtakenBy(entry("data", "2Gi"), adoptData);
  expect(code).toBe(0);
  expect(entriesOf(cluster)).toHaveLength(2);
  expect(cluster.get("persistentvolumes", volumeOf("data"))).toBeDefined();
});
