import { expect, test } from "vitest";
import { TestCluster } from "../testing/cluster.ts";
import { entry, healthyObjects, programPod, storage } from "../testing/objects.ts";

const statefulSet = (replicas: number, size: string): string => `
apiVersion: v1
kind: Service
metadata: { name: db }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db, namespace: shop }
spec:
  replicas: ${replicas}
  template:
    metadata: { labels: { app: db } }
    spec:
      containers: [{ name: main, image: db }]
  volumeClaimTemplates:
    - metadata: { name: data }
      spec:
        storageClassName: fast
        accessModes: [ReadWriteOnce]
        resources: { requests: { storage: ${size} } }
`;

const clusterWith = (file: string, more: Record<string, object[]> = {}): TestCluster => {
  const cluster = new TestCluster({ ...healthyObjects(), ...more });
  cluster.files.set("pod.yaml", file);
  return cluster;
};

test("the replicas of a StatefulSet are placed one after another, each on what is left", async () => {
  const cluster = clusterWith(statefulSet(4, "6Gi"));
  const { out, code } = await cluster.run("simulate -f pod.yaml");
  expect(code).toBe(1);
  expect(out).toMatchInlineSnapshot(`
    "POD         NODE      OTHER NODES      REASON
    shop/db-0   n2        n1 (4), n3 (4)
    shop/db-1   n3        n1 (4)
    shop/db-2   n1        <none>
    shop/db-3   nowhere   <none>           it fits on none of 3 nodes

    Nodes for shop/db-3:
    NODE   FITS   GROUP   ALLOCATABLE   RESERVED   HELD        FREE    NEEDS       REASON
    n1     no     fast    10 GiB        0 B (0)    6 GiB (1)   4 GiB   6 GiB (1)   needs 6 GiB in fast, 4 GiB free of 10 GiB (6 GiB booked)
    n2     no     fast    10 GiB        0 B (0)    6 GiB (1)   4 GiB   6 GiB (1)   needs 6 GiB in fast, 4 GiB free of 10 GiB (6 GiB booked)
    n3     no     fast    10 GiB        0 B (0)    6 GiB (1)   4 GiB   6 GiB (1)   needs 6 GiB in fast, 4 GiB free of 10 GiB (6 GiB booked)
    free = allocatable - reserved (volumes in spec.volumes) - held (claims on their way); the number of volumes in brackets

    Judged by volumes alone: CPU, memory, taints and affinity are kube-scheduler's to judge.

    Ignored: Service/db"
  `);
});

test("nothing is written", async () => {
  const cluster = clusterWith(statefulSet(2, "6Gi"));
  cluster.before = ({ method }) => expect(method).toBe("GET");
  expect((await cluster.run("simulate -f pod.yaml")).code).toBe(0);
});

test("a pod with its claim in the file shows all nodes", async () => {
  const cluster = clusterWith(
    `
kind: PersistentVolumeClaim
metadata: { name: data }
spec: { storageClassName: fast, resources: { requests: { storage: 4Gi } } }
---
kind: Pod
metadata: { name: one }
spec: { volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }] }
`,
    {
      nodelocalstorages: [
        storage({ node: "n1", spec: { volumes: [entry("a", "7Gi")] } }),
        storage({ node: "n2", spec: { volumes: [entry("b", "1Gi")] } }),
        storage({ node: "n3", spec: { volumes: [entry("c", "5Gi")] } }),
      ],
    },
  );
  const { out, code } = await cluster.run("simulate -f pod.yaml");
  expect(code).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "POD           NODE   OTHER NODES   REASON
    default/one   n2     n3 (1)

    Nodes for default/one:
    NODE   FITS   GROUP   ALLOCATABLE   RESERVED    HELD      FREE    NEEDS       REASON
    n1     no     fast    10 GiB        7 GiB (1)   0 B (0)   3 GiB   4 GiB (1)   needs 4 GiB in fast, 3 GiB free of 10 GiB (7 GiB booked)
    n2     yes    fast    10 GiB        1 GiB (1)   0 B (0)   9 GiB   4 GiB (1)
    n3     yes    fast    10 GiB        5 GiB (1)   0 B (0)   5 GiB   4 GiB (1)
    free = allocatable - reserved (volumes in spec.volumes) - held (claims on their way); the number of volumes in brackets

    Judged by volumes alone: CPU, memory, taints and affinity are kube-scheduler's to judge."
  `);
});

test("the extender's own setting decides which node is best", async () => {
  const pods = ["n1", "n2"].map((name) => programPod("agent", `agent-${name}`, name));
  const settings = [{ name: "extender", env: [{ name: "STRATEGY", value: "binpack" }] }];
  const cluster = clusterWith(statefulSet(1, "1Gi"), {
    pods: [...pods, programPod("extender", "e", "n1", { spec: { containers: settings } })],
    nodelocalstorages: [
      storage({ node: "n1" }),
      storage({ node: "n2", spec: { volumes: [entry("a", "7Gi")] } }),
    ],
  });
  const { out } = await cluster.run("simulate -f pod.yaml -o json");
  expect(JSON.parse(out)).toMatchObject({ pods: [{ pod: "shop/db-0", node: "n2" }] });
});

test.for([
  { file: "kind: Service\nmetadata: {name: a}", err: /the file has no pod/ },
  { file: "a: [", err: /neither YAML nor JSON/ },
  { file: "kind: Pod\nspec: 3", err: /the file has what is not a Pod/ },
])("a file of $file is refused with 2", async ({ file, err }) => {
  const outcome = await clusterWith(file).run("simulate -f pod.yaml");
  expect(outcome.code).toBe(2);
  expect(outcome.err).toMatch(err);
});

test("a file that there is not is refused with 2", async () => {
  const outcome = await clusterWith("").run("simulate -f other.yaml");
  expect(outcome).toMatchObject({
    code: 2,
    err: expect.stringContaining("other.yaml cannot be read"),
  });
});
