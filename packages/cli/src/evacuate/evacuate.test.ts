import { nodeLocalStorages } from "@stowage/api";
import { expect, test } from "vitest";
import { TestCluster } from "../testing/cluster.ts";
import { storage } from "../testing/objects.ts";

const disks = ["/dev/disk/by-id/a", "/dev/disk/by-id/b"];

const clusterWith = (spec: object = {}): TestCluster =>
  new TestCluster({
    nodelocalstorages: [
      storage({
        node: "n1",
        spec: { devices: disks.map((path) => ({ path })), ...spec },
        status: {
          devices: [
            { path: disks[0], kernelName: "/dev/sda", state: "InUse" },
            { path: disks[1], kernelName: "/dev/sdb", state: "InUse" },
            { path: "/dev/sdc", kernelName: "/dev/sdc", state: "Removed", reason: "NotInSpec" },
          ],
        },
      }),
    ],
  });

const groupOf = (cluster: TestCluster) =>
  nodeLocalStorages.parse(cluster.get("nodelocalstorages", "n1.fast"));

/** The agent reports these one after another, each time the CLI waits. */
const reports = (cluster: TestCluster, ...devices: readonly object[]): void => {
  const left = [...devices];
  cluster.meanwhile = () => {
    const raw = cluster.get("nodelocalstorages", "n1.fast");
    const next = left.shift();
    if (raw === undefined || next === undefined) throw new Error("nothing more is reported");
    const status = {
      ...(raw["status"] as object),
      observedGeneration: raw.metadata.generation,
      devices: [{ path: disks[0], ...next }],
    };
    cluster.store.update("nodelocalstorages", "n1.fast", { ...raw, status }, "status");
  };
};

test("evacuate sets the wish and follows until the device is out of the group", async () => {
  const cluster = clusterWith();
  reports(
    cluster,
    { state: "Evacuating", reason: "Evacuating", message: "3 % of its extents are moved" },
    { state: "Evacuating", reason: "Evacuating", message: "3 % of its extents are moved" },
    { state: "Evacuating", reason: "Evacuating", message: "97 % of its extents are moved" },
    { state: "Evacuated", reason: "Evacuated", message: "take it out of spec.devices" },
  );
  const { out, err, code } = await cluster.run("evacuate n1 fast sda", "y");
  expect(code).toBe(0);
  expect(err).toContain("Move all that is on /dev/disk/by-id/a of n1 to the other devices of fast");
  expect(out.split("\n")).toEqual([
    "the agent has not looked yet",
    "Evacuating: 3 % of its extents are moved",
    "Evacuating: 97 % of its extents are moved",
    "Evacuated: take it out of spec.devices",
  ]);
  expect(groupOf(cluster).spec.devices).toEqual([
    { path: disks[0], evacuate: true },
    { path: disks[1] },
  ]);
});

test("a refusal is told with its arithmetic, and ends with 1", async () => {
  const cluster = clusterWith();
  const message =
    "cannot be emptied: 1.47 GiB of volumes need room, 1016 MiB free on the other devices of fast";
  reports(cluster, { state: "InUse", reason: "NoSpace", message });
  const { err, code } = await cluster.run(`evacuate n1 fast ${disks[0]} --yes`);
  expect(code).toBe(1);
  expect(err).toBe(
    `error: ${disks[0]} is not evacuated: NoSpace: ${message}\nit goes on by itself once there is room; --cancel calls it off`,
  );
});

test("--cancel takes the wish back, and whoever follows is told", async () => {
  const cluster = clusterWith({ devices: [{ path: disks[0], evacuate: true }] });
  expect((await cluster.run(`evacuate n1 fast ${disks[0]} --cancel`)).code).toBe(0);
  expect(groupOf(cluster).spec.devices).toEqual([{ path: disks[0] }]);

  const followed = clusterWith();
  followed.meanwhile = () => {
    const raw = followed.get("nodelocalstorages", "n1.fast");
    const spec = { ...(raw?.["spec"] as object), devices: [{ path: disks[0] }] };
    followed.store.update("nodelocalstorages", "n1.fast", { ...raw, spec }, "main");
  };
  const { err, code } = await followed.run(`evacuate n1 fast ${disks[0]} --yes`);
  expect(code).toBe(1);
  expect(err).toContain("was called off meanwhile");
});

test("a device that only the group knows is named, so that it can leave", async () => {
  const cluster = clusterWith();
  const { code, out } = await cluster.run("evacuate n1 fast /dev/sdc --yes --no-wait");
  expect(code).toBe(0);
  expect(out).toContain("kubectl stowage devices shows how far");
  expect(groupOf(cluster).spec.devices[2]).toEqual({ path: "/dev/sdc", evacuate: true });
});

test("a change by somebody else in between is not undone", async () => {
  const cluster = clusterWith();
  let overtaken: "no" | "yes" = "no";
  cluster.before = ({ method }) => {
    if (method === "GET" || overtaken === "yes") return;
    overtaken = "yes";
    const raw = cluster.get("nodelocalstorages", "n1.fast");
    const spec = {
      ...(raw?.["spec"] as object),
      devices: [{ path: "/dev/new" }, { path: disks[0] }],
    };
    cluster.store.update("nodelocalstorages", "n1.fast", { ...raw, spec }, "main");
  };
  const { code } = await cluster.run(`evacuate n1 fast ${disks[0]} --yes --no-wait`);
  expect(code).toBe(0);
  expect(groupOf(cluster).spec.devices).toEqual([
    { path: "/dev/new" },
    { path: disks[0], evacuate: true },
  ]);
});

test.for([
  { args: "evacuate n2 fast sda", err: "node n2 has no volume group fast\ndid you mean n1 fast?" },
  { args: "evacuate n1 fast sdx", err: "fast on n1 has no device sdx\ndid you mean" },
])("$args ends with 5 and a guess", async ({ args, err }) => {
  const outcome = await clusterWith().run(args);
  expect(outcome.code).toBe(5);
  expect(outcome.err).toContain(`error: ${err}`);
});
