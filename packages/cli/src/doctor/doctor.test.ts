import { expect, test } from "vitest";
import type { TestCluster } from "../testing/cluster.ts";
import { entry, node, persistentVolume, programPod, storage, uidOf } from "../testing/objects.ts";
import {
  healthy,
  metricsPath,
  metrics,
  clusterOf,
  diagnose,
  agents,
} from "./testing/diagnosed-cluster.ts";
import { faults } from "./testing/faults.ts";

test("a cluster in order has no finding, and every check was made", async () => {
  const { code, checks, findings } = await diagnose(clusterOf(healthy()));
  expect(findings).toEqual([]);
  expect(checks.filter(({ outcome }) => outcome !== "fine")).toEqual([]);
  expect(code).toBe(0);
});

test.for(faults)("doctor finds $code, and nothing else", async (fault) => {
  const { code, severity, about, message, remedy, plant } = fault;
  const objects = healthy();
  const changes: ((cluster: TestCluster) => void)[] = [];
  plant(objects, (change) => void changes.push(change));
  const cluster = clusterOf(objects);
  for (const change of changes) change(cluster);
  const diagnosis = await diagnose(cluster);
  expect(diagnosis.findings).toEqual([
    {
      code,
      severity,
      about,
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    },
  ]);
  expect(diagnosis.code).toBe(severity === "error" ? 1 : 0);
});

test("without the CRD that is the one finding about groups", async () => {
  const cluster = clusterOf(healthy());
  cluster.absent = ({ path }) => path.includes("nodelocalstorages");
  const { findings, code } = await diagnose(cluster);
  expect(findings.map((finding) => finding["code"])).toEqual(["crd_missing"]);
  expect(code).toBe(1);
});

test("what this user may not read is not checked, and that is said", async () => {
  const cluster = clusterOf(healthy());
  cluster.denied = ({ path }) => path.includes("/leases") || path.includes("subjectaccessreviews");
  const { out, code } = await cluster.run("doctor");
  expect(code).toBe(0);
  expect(out).toMatch(/clocks agree +not checked: list leases failed with 403: not for you/);
  expect(out).toMatch(/rights are granted +not checked: /);
  expect(out).toMatch(/LVM on the nodes +fine/);
});

test("a kube-scheduler that runs in no pod is not called configured", async () => {
  const objects = healthy();
  objects["pods"] = agents(objects).slice(0, 5);
  const { out } = await clusterOf(objects).run("doctor");
  expect(out).toMatch(/kube-scheduler is configured +not checked: it runs in no pod/);
});

test("findings are shown as paragraphs with their remedy, then counted", async () => {
  const objects = healthy();
  objects["csidrivers"] = [];
  objects["nodes"] = [node("n1"), node("n2")];
  const { out } = await clusterOf(objects).run("doctor");
  expect(out).toMatchInlineSnapshot(`
    "CHECK                                       RESULT
    the CRD is served                           fine
    programs run                                fine
    versions match                              fine
    a provisioner leads                         fine
    rights are granted                          fine
    agents are confined to their node           fine
    agents report                               fine
    LVM on the nodes                            fine
    hosts suit LVM                              fine
    devices are used                            fine
    devices are one node's                      fine
    promised room is there                      fine
    kube-scheduler is configured                fine
    kube-scheduler asks the extender            fine
    capacity is read                            1 finding
    StorageClasses are usable                   fine
    clocks agree                                fine
    nodes of groups exist                       1 finding
    groups of PersistentVolumes exist           fine
    entries have their claims                   fine
    tombstones are collected                    fine
    published capacity is of nodes that exist   fine
    no orphans                                  fine

    ERROR CSIDriver lvm.stowage.dev: does not exist, so kube-scheduler does not wake pods that wait for room
      remedy: apply deploy/manifests/20-provisioner.yaml anew

    WARNING n3.fast: node n3 no longer exists, and 0 PersistentVolumes of it are left
      remedy: if it never comes back: kubectl stowage node lost n3

    1 error, 1 warning."
  `);
});

test("an agent that reports a moment later is not called silent", async () => {
  const objects = healthy();
  objects["nodelocalstorages"] = [
    storage({ node: "n1", generation: 7, status: { observedGeneration: 6 } }),
  ];
  const cluster = clusterOf(objects);
  cluster.meanwhile = () => {
    cluster.store.put("nodelocalstorages", {
      ...storage({ node: "n1", generation: 7 }),
    });
  };
  expect((await diagnose(cluster)).findings).toEqual([]);
});

test("volumes placed since the extender started prove that nobody asked it", async () => {
  const objects = healthy();
  const young = { startTime: "2026-03-01T11:55:00Z" };
  objects["pods"] = agents(objects).with(
    3,
    programPod("extender", "extender-0", "n1", {
      status: { ...young, conditions: [{ type: "Ready", status: "True" }] },
    }),
  );
  const cluster = clusterOf(objects);
  cluster.pages.set(metricsPath, metrics(0));
  expect((await diagnose(cluster)).findings).toEqual([]);

  const volume = persistentVolume("a") as { metadata: object };
  cluster.store.put("persistentvolumes", {
    ...volume,
    metadata: { ...volume.metadata, creationTimestamp: "2026-03-01T11:56:00Z" },
  });
  cluster.store.put("nodelocalstorages", storage({ node: "n1", spec: { volumes: [entry("a")] } }));
  const { findings } = await diagnose(cluster);
  expect(findings.map((finding) => finding["code"])).toEqual(["scheduler_not_asking"]);
  expect(findings[0]?.["message"]).toContain("placed a volume since the extender started");
});

test("an entry whose claim of that uid exists has its claim", async () => {
  const objects = healthy();
  objects["nodelocalstorages"] = [storage({ node: "n1", spec: { volumes: [entry("a")] } })];
  objects["persistentvolumeclaims"] = [
    {
      metadata: { namespace: "shop", name: "a", uid: uidOf("a") },
      spec: { resources: { requests: { storage: "1Gi" } } },
    },
  ];
  expect((await diagnose(clusterOf(objects))).findings).toEqual([]);
});
