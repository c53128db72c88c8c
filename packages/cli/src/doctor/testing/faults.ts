import type { TestCluster } from "../../testing/cluster.ts";
import {
  entry,
  made,
  orphan,
  persistentVolume,
  programPod,
  readyCondition,
  storage,
  storageClass,
  volumeOf,
} from "../../testing/objects.ts";
import {
  nodeLease,
  leaderLease,
  capacity,
  schedulerPod,
  metricsPath,
  metrics,
  agents,
} from "./diagnosed-cluster.ts";
import type { Objects } from "./diagnosed-cluster.ts";

type Fault = {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly about: string;
  readonly message: RegExp;
  readonly remedy: RegExp;
  readonly plant: (objects: Objects, cluster: (change: (it: TestCluster) => void) => void) => void;
};

/** Each fault is the only thing wrong, and is found as the only thing wrong. */
export const faults: readonly Fault[] = [
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
    code: "host_setting",
    severity: "warning",
    about: "n1.fast",
    message: /^LVM keeps no copies of its metadata here/,
    remedy: /The host's own settings/,
    plant: (objects) => {
      const words = "takes volumes; LVM keeps no copies of its metadata here (read-only)";
      const conditions = [readyCondition("True", "GroupReady", words)];
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
    code: "device_shared",
    severity: "error",
    about: "n1.fast, n2.fast",
    message: /they report one physical volume, uuid-1/,
    remedy: /vgimportclone/,
    plant: (objects) => {
      const devices = [{ path: "/dev/sdb", id: "uuid-1", state: "InUse" as const }];
      objects["nodelocalstorages"] = [
        storage({ node: "n1", status: { devices } }),
        storage({ node: "n2", status: { devices } }),
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
