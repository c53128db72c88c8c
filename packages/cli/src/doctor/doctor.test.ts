import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { TestCluster } from "../testing/cluster.ts";
import {
  entry,
  healthyObjects,
  made,
  node,
  orphan,
  persistentVolume,
  programPod,
  readyCondition,
  storage,
  storageClass,
  uidOf,
  volumeOf,
} from "../testing/objects.ts";
import { filterCallsIn } from "./extender-calls.ts";

type Objects = Record<string, object[]>;

const lease = (namespace: string, name: string, renewed: string, written: string): object => ({
  metadata: {
    namespace,
    name,
    managedFields: [
      { time: "2026-02-01T00:00:00Z", fieldsV1: { "f:metadata": {} } },
      { time: written, fieldsV1: { "f:spec": { "f:renewTime": {} } } },
    ],
  },
  spec: { holderIdentity: `holder-of-${name}`, leaseDurationSeconds: 15, renewTime: renewed },
});

const nodeLease = (name: string, renewed = "2026-03-01T11:59:55.400000Z"): object =>
  lease("kube-node-lease", name, renewed, "2026-03-01T11:59:55Z");

const leaderLease = (renewed = "2026-03-01T11:59:58.000000Z"): object =>
  lease("stowage-system", "stowage-provisioner", renewed, renewed);

const capacity = (name: string, hostname: string, className = "fast"): object => ({
  metadata: { namespace: "stowage-system", name },
  storageClassName: className,
  capacity: "10Gi",
  nodeTopology: { matchLabels: { "kubernetes.io/hostname": hostname } },
});

const schedulerPod = (...flags: readonly string[]): object => ({
  metadata: {
    namespace: "kube-system",
    name: "kube-scheduler-cp",
    labels: { component: "kube-scheduler" },
  },
  spec: { containers: [{ command: ["kube-scheduler", ...flags] }] },
});

const policyName = "stowage-agent-own-node";

const healthy = (): Objects => ({
  ...healthyObjects(),
  pods: [
    ...(healthyObjects()["pods"] ?? []),
    schedulerPod("--config=/etc/kubernetes/stowage-scheduler.yaml"),
  ],
  leases: [...["n1", "n2", "n3"].map((name) => nodeLease(name)), leaderLease()],
  csidrivers: [{ metadata: { name: "lvm.stowage.dev" }, spec: { storageCapacity: true } }],
  csistoragecapacities: [capacity("stowage-1", "n1")],
  validatingadmissionpolicies: [{ metadata: { name: policyName } }],
  validatingadmissionpolicybindings: [{ metadata: { name: policyName }, spec: { policyName } }],
  persistentvolumeclaims: [],
  persistentvolumes: [],
});

const metricsPath = "/api/v1/namespaces/stowage-system/pods/extender-0:9808/proxy/metrics";

const metrics = (count: number): string =>
  `# HELP stowage_extender_request_duration_seconds Time.
stowage_extender_request_duration_seconds_bucket{le="1",verb="/filter",code="200"} ${count}
stowage_extender_request_duration_seconds_count{verb="/filter",code="200"} ${count}
stowage_extender_request_duration_seconds_count{verb="/healthz",code="200"} 99
`;

const clusterOf = (objects: Objects): TestCluster => {
  const cluster = new TestCluster(objects);
  cluster.pages.set("/version", "{}");
  cluster.pages.set(metricsPath, metrics(12));
  return cluster;
};

type Diagnosis = {
  readonly code: number;
  readonly checks: readonly { readonly check: string; readonly outcome: string }[];
  readonly findings: readonly Record<string, string>[];
};

const diagnose = async (cluster: TestCluster): Promise<Diagnosis> => {
  const { out, err, code } = await cluster.run("doctor -o json");
  expect(err).toBe("");
  const { checks } = JSON.parse(out) as {
    checks: { check: string; outcome: string; findings: Record<string, string>[] }[];
  };
  return { code, checks, findings: checks.flatMap((check) => check.findings) };
};

test("a cluster in order has no finding, and every check was made", async () => {
  const { code, checks, findings } = await diagnose(clusterOf(healthy()));
  expect(findings).toEqual([]);
  expect(checks.filter(({ outcome }) => outcome !== "fine")).toEqual([]);
  expect(code).toBe(0);
});

type Fault = {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly about: string;
  readonly message: RegExp;
  readonly remedy: RegExp;
  readonly plant: (objects: Objects, cluster: (change: (it: TestCluster) => void) => void) => void;
};

const agents = (objects: Objects): object[] => objects["pods"] ?? [];

/** Each fault is the only thing wrong, and is found as the only thing wrong. */
const faults: readonly Fault[] = [
  {
    code: "agent_not_ready",
    severity: "error",
    about: "node n2",
    message: /the Stowage agent on the node is not ready \(pod agent-n2: ImagePullBackOff\)/,
    remedy: /kubectl -n stowage-system logs agent-n2/,
    plant: (objects) => {
      objects["pods"] = agents(objects).with(
        1,
        programPod("agent", "agent-n2", "n2", {
          status: {
            conditions: [{ type: "Ready", status: "False" }],
            containerStatuses: [{ state: { waiting: { reason: "ImagePullBackOff" } } }],
          },
        }),
      );
    },
  },
  {
    code: "agent_absent",
    severity: "error",
    about: "node n3",
    message: /has NodeLocalStorage n3.fast and no agent/,
    remedy: /DaemonSet/,
    plant: (objects) => {
      objects["pods"] = agents(objects).toSpliced(2, 1);
    },
  },
  {
    code: "agent_silent",
    severity: "error",
    about: "n1.fast",
    message: /has not reported on generation 7, only on 4/,
    remedy: /logs agent-n1/,
    plant: (objects, cluster) => {
      objects["nodelocalstorages"] = [
        storage({ node: "n1", generation: 7, status: { observedGeneration: 4 } }),
      ];
      cluster((it) => {
        it.meanwhile = () => undefined;
      });
    },
  },
  {
    code: "versions_differ",
    severity: "warning",
    about: "agent, extender, provisioner",
    message: /0\.1\.0 \(agent, extender\); 0\.2\.0 \(provisioner\)/,
    remedy: /same image/,
    plant: (objects) => {
      const image = "example.com:5000/stowage:0.2.0";
      objects["pods"] = agents(objects).with(
        4,
        programPod("provisioner", "provisioner-0", "n2", { image }),
      );
    },
  },
  {
    code: "no_leader",
    severity: "error",
    about: "provisioner",
    message: /holder-of-stowage-provisioner led, and has not renewed its Lease for 600 s/,
    remedy: /logs/,
    plant: (objects) => {
      objects["leases"] = [leaderLease("2026-03-01T11:50:00.000000Z")];
    },
  },
  {
    code: "right_missing",
    severity: "error",
    about: "agent",
    message: /may not patch nodelocalstorages\/status\.stowage\.dev/,
    remedy: /10-agent\.yaml/,
    plant: (_, cluster) =>
      cluster((it) => {
        it.permits = (words) => words !== "stowage-agent patch nodelocalstorages/status";
      }),
  },
  {
    code: "policy_missing",
    severity: "warning",
    about: "ValidatingAdmissionPolicy stowage-agent-own-node",
    message: /has no binding/,
    remedy: /10-agent\.yaml/,
    plant: (objects) => {
      objects["validatingadmissionpolicybindings"] = [];
    },
  },
  {
    code: "group_not_ready",
    severity: "error",
    about: "n1.fast",
    message: /CommandMissing: vgs is not installed/,
    remedy: /Do what the message says/,
    plant: (objects) => {
      const conditions = [readyCondition("False", "CommandMissing", "vgs is not installed")];
      objects["nodelocalstorages"] = [storage({ node: "n1", status: { conditions } })];
    },
  },
  {
    code: "device_not_used",
    severity: "warning",
    about: "n1.fast /dev/sdb",
    message: /Mounted: is mounted on \/srv/,
    remedy: /Unmount it/,
    plant: (objects) => {
      objects["nodelocalstorages"] = [
        storage({
          node: "n1",
          status: {
            conditions: [readyCondition(), { ...readyCondition("False"), type: "DevicesReady" }],
            devices: [
              {
                path: "/dev/sdb",
                state: "Refused",
                reason: "Mounted",
                message: "is mounted on /srv",
              },
            ],
          },
        }),
      ];
    },
  },
  {
    code: "over_promised",
    severity: "error",
    about: "n1.fast",
    message: /6 GiB are promised, and 4 GiB can be/,
    remedy: /add a device/,
    plant: (objects) => {
      objects["persistentvolumes"] = [persistentVolume("a")];
      objects["nodelocalstorages"] = [
        storage({
          node: "n1",
          spec: { volumes: [entry("a", "6Gi")] },
          status: { allocatable: "4Gi", volumes: [made("a", "6Gi")] },
        }),
      ];
    },
  },
  {
    code: "scheduler_without_config",
    severity: "error",
    about: "pod kube-scheduler-cp",
    message: /asks no extender/,
    remedy: /deploy\/scheduler\/extender\.yaml/,
    plant: (objects) => {
      objects["pods"] = agents(objects).with(5, schedulerPod("--leader-elect=true"));
    },
  },
  {
    code: "scheduler_not_asking",
    severity: "error",
    about: "kube-scheduler",
    message: /has asked the extender nothing since it started/,
    remedy: /docs\/install\.md/,
    plant: (_, cluster) => cluster((it) => it.pages.set(metricsPath, metrics(0))),
  },
  {
    code: "csidriver_missing",
    severity: "error",
    about: "CSIDriver lvm.stowage.dev",
    message: /does not exist/,
    remedy: /20-provisioner\.yaml/,
    plant: (objects) => {
      objects["csidrivers"] = [];
    },
  },
  {
    code: "class_invalid",
    severity: "error",
    about: "StorageClass fats",
    message: /volumeGruop/,
    remedy: /docs\/storage-class\.md/,
    plant: (objects) => {
      (objects["storageclasses"] ??= []).push(
        storageClass("fats", { parameters: { volumeGruop: "fast" } }),
      );
    },
  },
  {
    code: "class_without_group",
    severity: "error",
    about: "StorageClass slow",
    message: /no node has volume group slow/,
    remedy: /name devices/,
    plant: (objects) => {
      (objects["storageclasses"] ??= []).push(
        storageClass("slow", { parameters: { volumeGroup: "slow" } }),
      );
    },
  },
  {
    code: "clock_skew",
    severity: "warning",
    about: "node n2",
    message: /its clock is 25 s behind the API server's/,
    remedy: /chronyd/,
    plant: (objects) => {
      objects["leases"] = [nodeLease("n2", "2026-03-01T11:59:30.400000Z"), leaderLease()];
    },
  },
  {
    code: "node_gone",
    severity: "warning",
    about: "n9.fast",
    message: /node n9 no longer exists, and 1 PersistentVolume of it is left/,
    remedy: /kubectl stowage node lost n9/,
    plant: (objects) => {
      (objects["nodelocalstorages"] ??= []).push(
        storage({ node: "n9", spec: { volumes: [entry("a")] } }),
      );
      objects["persistentvolumes"] = [persistentVolume("a", { group: "n9.fast" })];
    },
  },
  {
    code: "group_gone",
    severity: "error",
    about: `PersistentVolume ${volumeOf("a")}`,
    message: /NodeLocalStorage n9\.fast no longer exists/,
    remedy: /create it again/,
    plant: (objects) => {
      objects["persistentvolumes"] = [persistentVolume("a", { group: "n9.fast" })];
    },
  },
  {
    code: "entry_without_claim",
    severity: "warning",
    about: `n1.fast ${volumeOf("a")}`,
    message: /neither claim nor PersistentVolume/,
    remedy: /kubectl stowage orphans adopt n1 fast pvc-0000-a/,
    plant: (objects) => {
      objects["nodelocalstorages"] = [storage({ node: "n1", spec: { volumes: [entry("a")] } })];
    },
  },
  {
    code: "tombstone_stuck",
    severity: "warning",
    about: `n1.fast ${volumeOf("a")}`,
    message: /InUse: it is mounted on \/srv/,
    remedy: /free what holds it/,
    plant: (objects) => {
      const status = { phase: "Released", lastPhaseTransitionTime: "2026-03-01T11:40:00Z" };
      objects["persistentvolumes"] = [{ ...persistentVolume("a"), status }];
      objects["nodelocalstorages"] = [
        storage({
          node: "n1",
          spec: { volumes: [entry("a", "1Gi", { delete: true })] },
          status: {
            volumes: [
              made("a", "1Gi", {
                state: "Deleting",
                reason: "InUse",
                message: "it is mounted on /srv",
              }),
            ],
          },
        }),
      ];
    },
  },
  {
    code: "capacity_stale",
    severity: "warning",
    about: "CSIStorageCapacity stowage-system/stowage-2",
    message: /is of node n9, which no longer exists/,
    remedy: /delete csistoragecapacity stowage-2/,
    plant: (objects) => {
      (objects["csistoragecapacities"] ??= []).push(capacity("stowage-2", "n9"));
    },
  },
  {
    code: "orphans",
    severity: "warning",
    about: "n1.fast",
    message: /pvc-0000-a/,
    remedy: /kubectl stowage orphans/,
    plant: (objects) => {
      objects["nodelocalstorages"] = [storage({ node: "n1", status: { orphans: [orphan("a")] } })];
    },
  },
];

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
    devices are used                            fine
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

test.for([
  { text: metrics(12), calls: 12 },
  {
    text: `${metrics(3)}stowage_extender_request_duration_seconds_count{verb="/filter",code="503"} 4\n`,
    calls: 7,
  },
  { text: "", calls: 0 },
])("$calls filter calls are read from an extender's metrics", ({ text, calls }) => {
  expect(filterCallsIn(text)).toBe(calls);
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

test("docs/kubectl-stowage.md has every check with the codes of its findings, and no other", async () => {
  const page = readFileSync(
    new URL("../../../../docs/kubectl-stowage.md", import.meta.url),
    "utf8",
  );
  const [, table = ""] = page.split("| codes of findings");
  const rows = (table.split("\n\n")[0] ?? "")
    .split("\n")
    .slice(2)
    .map((row) => row.split("|").map((cell) => cell.trim()));
  const { checks } = await diagnose(clusterOf(healthy()));
  expect(rows.map(([, name]) => name)).toEqual(checks.map(({ check }) => check));

  const folder = new URL("checks/", import.meta.url);
  const inCode = readdirSync(folder).flatMap((file) =>
    [...readFileSync(new URL(file, folder), "utf8").matchAll(/code: "(?<code>\w+)"/g)].map(
      ({ groups }) => groups?.["code"] ?? "",
    ),
  );
  const documented = rows.flatMap(([, , codes = ""]) =>
    codes.split(", ").map((code) => code.replaceAll("`", "")),
  );
  expect(documented.toSorted()).toEqual([...new Set(inCode)].toSorted());
});
