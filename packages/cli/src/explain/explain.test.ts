import { expect, test } from "vitest";
import { TestCluster } from "../testing/cluster.ts";
import {
  claim,
  entry,
  healthyObjects,
  made,
  pod,
  programPod,
  storage,
  storageClass,
  volumeOf,
} from "../testing/objects.ts";

const event = (kind: string, name: string, reason: string, message: string, time: string) => ({
  metadata: { namespace: "shop", name: `${name}.${reason}.${time}` },
  involvedObject: { kind, name },
  reason,
  message,
  lastTimestamp: `2026-03-01T11:${time}:00Z`,
});

const clusterWith = (more: Record<string, object[]>): TestCluster => {
  const healthy = healthyObjects();
  return new TestCluster({
    ...healthy,
    ...more,
    pods: [...(more["programs"] ?? healthy["pods"] ?? []), ...(more["pods"] ?? [])],
  });
};

test("explain pod tells for each node and claim what is needed, free and promised", async () => {
  const cluster = clusterWith({
    pods: [pod("db-0", ["data", "logs"])],
    programs: [programPod("agent", "agent-n1", "n1"), programPod("agent", "agent-n2", "n2")],
    persistentvolumeclaims: [
      claim("data", { size: "6Gi" }),
      claim("logs", { size: "3Gi" }),
      claim("other", { size: "2Gi", node: "n1" }),
    ],
    nodelocalstorages: [
      storage({ node: "n1" }),
      storage({ node: "n2", spec: { volumes: [entry("taken", "9Gi")] } }),
      storage({ node: "n3" }),
    ],
    nodes: [...(healthyObjects()["nodes"] ?? []), { metadata: { name: "n4", labels: {} } }],
    events: [
      event("Pod", "db-0", "FailedScheduling", "0/4 nodes are available: old", "10"),
      event("Pod", "db-0", "FailedScheduling", "0/4 nodes are available: new", "20"),
      event("Pod", "other", "FailedScheduling", "not of this pod", "30"),
      event("PersistentVolumeClaim", "data", "WaitForFirstConsumer", "waiting", "05"),
    ],
  });
  const { out, code } = await cluster.run("explain pod db-0 -n shop");
  expect(code).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "Pod shop/db-0 fits on none of 4 nodes: 1 needs 9 GiB in fast for 2 volumes, 8 GiB free of 10 GiB (2 GiB booked), 1 needs 9 GiB in fast for 2 volumes, 1 GiB free of 10 GiB (9 GiB booked), 1 the Stowage agent on the node is not ready, 1 no volume group fast.

    CLAIM   CLASS   SIZE    STATE
    data    fast    6 GiB   created   waits for kube-scheduler to choose a node
    logs    fast    3 GiB   created   waits for kube-scheduler to choose a node

    NODE   FITS   GROUP   ALLOCATABLE   RESERVED    HELD        FREE     NEEDS       REASON
    n1     no     fast    10 GiB        0 B (0)     2 GiB (1)   8 GiB    9 GiB (2)   needs 9 GiB in fast for 2 volumes, 8 GiB free of 10 GiB (2 GiB booked)
    n2     no     fast    10 GiB        9 GiB (1)   0 B (0)     1 GiB    9 GiB (2)   needs 9 GiB in fast for 2 volumes, 1 GiB free of 10 GiB (9 GiB booked)
    n3     no     fast    10 GiB        0 B (0)     0 B (0)     10 GiB   9 GiB (2)   the Stowage agent on the node is not ready
    n4     no     fast    <none>        <none>      <none>      <none>   <none>      no volume group fast
    free = allocatable - reserved (volumes in spec.volumes) - held (claims on their way); the number of volumes in brackets

    PersistentVolumeClaim data: WaitForFirstConsumer: waiting
    Pod db-0: FailedScheduling: 0/4 nodes are available: new"
  `);
});

test("the words are the extender's own, and -o json has its numbers in bytes", async () => {
  const cluster = clusterWith({
    pods: [pod("db-0", ["data"])],
    persistentvolumeclaims: [claim("data", { size: "100Gi" })],
  });
  const view: unknown = JSON.parse((await cluster.run("explain pod db-0 -n shop -o json")).out);
  expect(view).toMatchObject({
    verdict:
      "Pod shop/db-0 fits on none of 3 nodes: 3 needs 100 GiB in fast, 10 GiB free of 10 GiB (0 B booked).",
    nodes: [
      {
        node: "n1",
        reason: "needs 100 GiB in fast, 10 GiB free of 10 GiB (0 B booked)",
        groups: [{ free: 10 * 2 ** 30, needs: [{ takes: 100 * 2 ** 30 }] }],
      },
      {},
      {},
    ],
  });
});

test.for([
  {
    what: "a claim that is missing",
    claims: [],
    verdict: "Pod shop/db-0 waits for claims that do not exist: data.",
    state: { state: "missing" },
  },
  {
    what: "a claim of another driver",
    claims: [claim("data", { storageClass: "cloud" })],
    verdict:
      "Pod shop/db-0 has no claim that needs a place of Stowage's; what it waits for is in the events.",
    state: { state: "not ours", words: "its class is of ebs.csi.aws.com" },
  },
  {
    what: "a claim whose volume is being made",
    claims: [claim("data", { node: "n1" })],
    entries: [entry("data", "1Gi", { pending: true })],
    statuses: [
      { name: volumeOf("data"), state: "Failed", reason: "NoSpace", message: "no extents" },
    ],
    state: {
      state: "promised",
      words: "room is promised in fast on node n1; Failed: NoSpace: no extents",
    },
  },
  {
    what: "a claim whose volume is made",
    claims: [claim("data", { node: "n1" })],
    entries: [entry("data", "1Gi", { pending: true })],
    statuses: [made("data")],
    state: { state: "made" },
  },
  {
    what: "a bound claim whose disk is away",
    claims: [claim("data", { volume: volumeOf("data") })],
    entries: [entry("data")],
    statuses: [
      made("data", "1Gi", { state: "Failed", reason: "Missing", message: "is not there" }),
    ],
    state: {
      state: "bound",
      words: `bound to ${volumeOf("data")} in fast on node n1, which has failed: Missing: is not there`,
    },
  },
  {
    what: "a claim that is placed",
    claims: [claim("data", { node: "n2" })],
    state: { state: "placed", node: "n2" },
  },
])("explain pod tells of $what", async ({ claims, entries, statuses, verdict, state }) => {
  const cluster = clusterWith({
    pods: [pod("db-0", ["data"])],
    persistentvolumeclaims: claims,
    storageclasses: [storageClass(), storageClass("cloud", { provisioner: "ebs.csi.aws.com" })],
    nodelocalstorages: [
      storage({
        node: "n1",
        spec: { volumes: entries ?? [] },
        status: { volumes: statuses ?? [] },
      }),
    ],
  });
  const view: unknown = JSON.parse((await cluster.run("explain pod db-0 -n shop -o json")).out);
  expect(view).toMatchObject({
    verdict: expect.stringMatching(verdict ?? ""),
    claims: [{ claim: "data", ...state }],
  });
});

test("a pod on its node waits for nothing", async () => {
  const cluster = clusterWith({
    pods: [pod("db-0", ["data"], { node: "n1" })],
    persistentvolumeclaims: [claim("data", { volume: volumeOf("data") })],
  });
  const { out } = await cluster.run("explain pod db-0 -n shop");
  expect(out).toContain("Pod shop/db-0 is on node n1 and waits for nothing of Stowage's.");
});

test.for([
  {
    args: "explain pod db-9 -n shop",
    err: "there is no pod db-9 in namespace shop\ndid you mean db-0?",
  },
  {
    args: "explain pod db-0",
    err: "there is no pod db-0 in namespace default\nthere is one in namespace shop: say -n shop",
  },
])("$args of a pod that there is not ends with 5 and a guess", async ({ args, err }) => {
  const cluster = clusterWith({ pods: [pod("db-0", [])] });
  expect(await cluster.run(args)).toEqual({ code: 5, out: "", err: `error: ${err}` });
});
