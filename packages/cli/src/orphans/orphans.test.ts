import { expect, test } from "vitest";
import { TestCluster } from "../testing/cluster.ts";
import { healthyObjects } from "../testing/objects.ts";
import { clusterWith } from "./testing/orphaned.ts";

test("orphans shows what no entry names, and what has an entry and no PersistentVolume", async () => {
  const cluster = clusterWith({ persistentvolumes: [] });
  const { out, code } = await cluster.run("orphans");
  expect(code).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "NODE   GROUP   VOLUME          SIZE    CLAIM       STATE
    n1     fast    pvc-0000-data   2 GiB   shop/data   orphan
    n1     fast    pvc-0000-kept   1 GiB   shop/kept   halfway
    n1     fast    pvc-0000-logs   1 GiB   shop/logs   orphan"
  `);
  expect((await new TestCluster(healthyObjects()).run("orphans")).out).toBe("No orphans.");
});

test("adopt and collect say what they want to know", async () => {
  expect((await clusterWith().run("orphans adopt")).err).toContain("or say --all");
  expect((await clusterWith().run("orphans adopt")).code).toBe(2);
  expect((await clusterWith().run("orphans collect n1")).code).toBe(2);
  expect((await clusterWith().run("orphans adopt n1 fast pvc-0000-dat")).err).toContain(
    "did you mean pvc-0000-data",
  );
});
