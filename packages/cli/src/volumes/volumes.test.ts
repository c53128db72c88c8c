import { expect, test } from "vitest";
import { TestCluster } from "../testing/cluster.ts";
import {
  claim,
  entry,
  healthyObjects,
  made,
  pod,
  storage,
  storageClass,
  volumeOf,
} from "../testing/objects.ts";

const summary = {
  node: { nodeName: "n1" },
  pods: [
    {
      podRef: { name: "db-0", namespace: "shop" },
      volume: [
        { name: "token", usedBytes: 1, capacityBytes: 2 },
        {
          name: "data",
          usedBytes: 300 * 2 ** 20,
          capacityBytes: 1000 * 2 ** 20,
          pvcRef: { namespace: "shop", name: "data" },
        },
      ],
    },
  ],
};

const cluster = (): TestCluster => {
  const healthy = healthyObjects();
  const world = new TestCluster({
    ...healthy,
    storageclasses: [storageClass(), storageClass("cloud", { provisioner: "ebs.csi.aws.com" })],
    pods: [...(healthy["pods"] ?? []), pod("db-0", ["data", "logs"], { node: "n1" })],
    persistentvolumeclaims: [
      claim("data", { volume: volumeOf("data") }),
      claim("logs", { volume: volumeOf("logs") }),
      claim("new"),
      claim("chosen", { node: "n2" }),
      claim("theirs", { volume: "pv-1", storageClass: "cloud" }),
    ],
    nodelocalstorages: [
      storage({
        node: "n1",
        spec: {
          volumes: [entry("data"), entry("logs"), entry("gone", "2Gi", { delete: true })],
        },
        status: {
          volumes: [
            made("data"),
            made("logs", "1Gi", {
              state: "Failed",
              reason: "Missing",
              message: "there is no pvc-0000-logs in fast",
            }),
            made("gone", "2Gi", {
              state: "Deleting",
              reason: "Wiping",
              message: "1 GiB of 2 GiB wiped; its room is free when it is done",
            }),
          ],
        },
      }),
    ],
  });
  world.pages.set("/api/v1/nodes/n1/proxy/stats/summary", JSON.stringify(summary));
  return world;
};

test("volumes shows claims of Stowage's classes, what is in ledgers, and why something is not ready", async () => {
  const { out, code } = await cluster().run("volumes -n shop");
  expect(code).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "CLAIM    POD      NODE     GROUP    SIZE    USED            STATE      VOLUME
    chosen   <none>   n2       <none>   1 GiB   <none>          Waiting    <none>
    data     db-0     n1       fast     1 GiB   300 MiB (30%)   Ready      pvc-0000-data
    gone     <none>   n1       fast     2 GiB   <none>          Deleting   pvc-0000-gone
    logs     db-0     n1       fast     1 GiB   <none>          Failed     pvc-0000-logs
    new      <none>   <none>   <none>   1 GiB   <none>          Waiting    <none>

    shop/gone: Wiping: 1 GiB of 2 GiB wiped; its room is free when it is done
    shop/logs: Missing: there is no pvc-0000-logs in fast (Bring back the disk that held it, or delete the claim.)"
  `);
});

test("volumes -A adds the namespace, and a namespace without volumes says so", async () => {
  const { out } = await cluster().run("volumes -A");
  expect(out.split("\n")[0]).toMatch(/^NAMESPACE   CLAIM /);
  expect(out.split("\n")[1]).toMatch(/^shop /);
  expect((await cluster().run("volumes")).out).toBe(
    "No volumes in the namespace; -A shows those of all namespaces.",
  );
});

test("where a kubelet does not tell, the rest is shown all the same", async () => {
  const world = cluster();
  world.denied = ({ path }) => path.includes("/proxy/");
  const { out, err, code } = await world.run("volumes -n shop -o json");
  expect(code).toBe(0);
  const view = JSON.parse(out) as { volumes: object[] };
  expect(view.volumes).toHaveLength(5);
  expect(view.volumes.find((row) => Reflect.get(row, "claim") === "data")).not.toHaveProperty(
    "used",
  );
  expect(err).toContain("used: unknown for volumes of n1: ");
  expect(err).toContain("not for you");
});

test("a claim with a size that cannot be counted hides no other", async () => {
  const world = cluster();
  world.store.put("persistentvolumeclaims", claim("odd", { size: "20Ei" }));
  const { out, code } = await world.run("volumes -n shop");
  expect(code).toBe(0);
  expect(out).toMatch(/^data +db-0/m);
  expect(out).not.toMatch(/^odd/m);
});
