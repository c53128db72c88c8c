import { expect, test } from "vitest";
import { TestCluster } from "../testing/cluster.ts";
import { storage } from "../testing/objects.ts";

const cluster = (): TestCluster =>
  new TestCluster({
    nodelocalstorages: [
      storage({
        node: "n1",
        spec: { devices: [{ path: "/dev/sda" }, { path: "/dev/sdb" }, { path: "/dev/sdc" }] },
        status: {
          devices: [
            { path: "/dev/sda", kernelName: "/dev/sda", size: "10Gi", state: "InUse" },
            {
              path: "/dev/sdb",
              kernelName: "/dev/sdb",
              size: "4Gi",
              state: "Refused",
              reason: "Mounted",
              message: "is mounted on /srv; unmount it, or take it out of spec.devices",
            },
          ],
        },
      }),
      storage({ node: "n2" }),
    ],
  });

test("devices shows what is used, and what is refused with the reason", async () => {
  const { out, code } = await cluster().run("devices");
  expect(code).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "NODE   GROUP   DEVICE                    IS             SIZE     STATE     REASON        MESSAGE
    n1     fast    /dev/sda                  /dev/sda       10 GiB   InUse
    n1     fast    /dev/sdb                  /dev/sdb       4 GiB    Refused   Mounted       is mounted on /srv; unmount it, or take it out of spec.devices
    n1     fast    /dev/sdc                  <none>         <none>   Unknown   NotReported   the agent has not reported on it yet
    n2     fast    /dev/disk/by-id/nvme-A1   /dev/nvme1n1   10 GiB   InUse"
  `);
});

test("devices of one node, with the remedy in the data", async () => {
  const { out } = await cluster().run("devices n1 -o json");
  const view = JSON.parse(out) as { devices: object[] };
  expect(view.devices).toHaveLength(3);
  expect(view.devices[1]).toMatchObject({
    reason: "Mounted",
    remedy: "Unmount it, or take it out.",
  });
});

test("a node that there is not ends with 5 and a guess", async () => {
  expect(await cluster().run("devices n11")).toEqual({
    code: 5,
    out: "",
    err: "error: there is no NodeLocalStorage of a node n11\ndid you mean n1 or n2?",
  });
});
