import { expect, test } from "vitest";
import { TestCluster } from "../testing/cluster.ts";
import { entry, healthyObjects, orphan, readyCondition, storage } from "../testing/objects.ts";

const objects = (): Record<string, object[]> => ({
  ...healthyObjects(),
  nodelocalstorages: [
    storage({ node: "n10" }),
    storage({
      node: "n2",
      spec: { volumes: [entry("a", "3Gi"), entry("b", "4000Mi", { delete: true })] },
      status: { allocatable: "8Gi", orphans: [orphan("c")] },
    }),
    storage({
      node: "n3",
      group: "slow",
      spec: { volumes: [entry("d", "8Gi")] },
      status: {
        allocatable: "4Gi",
        conditions: [
          readyCondition("False", "DevicesMissing", "a device of slow is away: /dev/sdb"),
        ],
      },
    }),
    storage({ node: "n4", spec: { cordoned: true }, status: { conditions: [], capacity: "0" } }),
  ],
});

test("status shows the programs, each group with its bar, and what is wrong with its remedy", async () => {
  const { out, code } = await new TestCluster(objects()).run("status");
  expect(code).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "PROGRAM       READY   VERSION
    agent         3/3     0.1.0
    extender      1/1     0.1.0
    provisioner   1/1     0.1.0

    NODE   GROUP   READY              DEVICES   VOLUMES   SIZE     USED       RESERVED   FREE       PRESSURE   # USED + RESERVED . FREE
    n2     fast    True               1/1       2         10 GiB   6.91 GiB   2 GiB      1.09 GiB   86%        [##############++++..]
    n3     slow    False              1/1       1         10 GiB   8 GiB      6 GiB      0 B        200%       [############++++++++]
    n4     fast    Unknown,cordoned   1/1       0         0 B      0 B        0 B        10 GiB     0%         [....................]
    n10    fast    True               1/1       0         10 GiB   0 B        0 B        10 GiB     0%         [....................]

    n2 fast: 1 orphan; see kubectl stowage orphans
    n3 slow: DevicesMissing: a device of slow is away: /dev/sdb (Bring it back. Stowage never drops it.)
    n4 fast: NotReported: its agent has not reported yet"
  `);
});

test("status as JSON has sizes in bytes", async () => {
  const { out } = await new TestCluster(objects()).run("status -o json");
  const view: unknown = JSON.parse(out);
  expect(view).toHaveProperty("groups.0", {
    node: "n2",
    group: "fast",
    ready: "True",
    cordoned: false,
    reason: "GroupReady",
    message: "",
    remedy: "",
    devices: { inUse: 1, all: 1 },
    volumes: 2,
    orphans: 1,
    size: 10 * 2 ** 30,
    used: 7072 * 2 ** 20,
    reserved: 2 * 2 ** 30,
    free: 1120 * 2 ** 20,
    pressure: 86,
  });
});

test("status as YAML says the same", async () => {
  const { out } = await new TestCluster(objects()).run("status -o yaml");
  expect(out).toContain('  - node: n2\n    group: fast\n    ready: "True"\n');
});

test("a cluster without groups says what makes some", async () => {
  const { out } = await new TestCluster().run("status");
  expect(out).toMatchInlineSnapshot(`
    "PROGRAM       READY   VERSION
    agent         0/0     <none>
    extender      0/0     <none>
    provisioner   0/0     <none>

    No NodeLocalStorage: write a StorageClass with the parameter nodes, or NodeLocalStorages."
  `);
});
