import {
  annotations,
  csiStorageCapacities,
  hostnameLabel,
  nodeLocalStorages,
  provisionerName,
} from "@stowage/api";
import { parseQuantity } from "@stowage/capacity";
import { z } from "zod";
import { kinds } from "../kinds.ts";
import { chaosNodes } from "./blows.ts";
import type {
  Observed,
  ObservedCapacity,
  ObservedClaim,
  ObservedDisk,
  ObservedGroup,
  ObservedPod,
  ObservedVolume,
} from "./observed.ts";
import type { Site } from "./site.ts";
import { groupName } from "./site.ts";

/* Looks at everything that the audit is about: the API's objects, and each node's own LVM. */

const size = z.string().transform((text): number => parseQuantity(text));

const metadata = z.object({
  name: z.string(),
  namespace: z.string().default(""),
  uid: z.string(),
  deletionTimestamp: z.string().optional(),
  annotations: z.record(z.string(), z.string()).default({}),
});

const claimSchema = z.object({
  metadata,
  spec: z.object({
    volumeName: z.string().default(""),
    resources: z.object({ requests: z.object({ storage: size }) }),
  }),
  status: z.object({
    phase: z.string(),
    capacity: z.object({ storage: size }).optional(),
  }),
});

const podSchema = z.object({
  metadata,
  spec: z.object({
    volumes: z.array(
      z.object({ persistentVolumeClaim: z.object({ claimName: z.string() }).optional() }),
    ),
  }),
  status: z.object({ phase: z.string() }),
});

const volumeSchema = z.object({
  metadata,
  spec: z.object({
    capacity: z.object({ storage: size }),
    local: z.object({ path: z.string() }),
    claimRef: z.object({ uid: z.string() }),
    nodeAffinity: z.object({
      required: z.object({
        nodeSelectorTerms: z.tuple([
          z.object({
            matchExpressions: z.tuple([z.object({ values: z.tuple([z.string()]) })]),
          }),
        ]),
      }),
    }),
  }),
  status: z.object({ phase: z.string() }),
});

export const observe = async (site: Site): Promise<Observed> => {
  const [claims, pods, volumes, groups, capacities, disks] = await Promise.all([
    claimsOf(site),
    podsOf(site),
    volumesOf(site),
    groupsOf(site),
    capacitiesOf(site),
    Promise.all(chaosNodes.map((node) => diskOf(node, site))),
  ]);
  return { claims, pods, volumes, groups, capacities, disks };
};

const claimsOf = async ({ client, namespace }: Site): Promise<ObservedClaim[]> => {
  const { items } = await client.list(kinds.PersistentVolumeClaim, { namespace });
  return items.map((item) => {
    const claim = claimSchema.parse(item);
    return {
      key: `${claim.metadata.namespace}/${claim.metadata.name}`,
      uid: claim.metadata.uid,
      phase: claim.status.phase,
      asked: claim.spec.resources.requests.storage,
      has: claim.status.capacity?.storage ?? 0,
      volume: claim.spec.volumeName,
      isDeleting: claim.metadata.deletionTimestamp !== undefined,
    };
  });
};

const podsOf = async ({ client, namespace }: Site): Promise<ObservedPod[]> => {
  const { items } = await client.list(kinds.Pod, { namespace });
  return items.map((item) => {
    const pod = podSchema.parse(item);
    return {
      key: `${pod.metadata.namespace}/${pod.metadata.name}`,
      phase: pod.status.phase,
      claims: pod.spec.volumes.flatMap(({ persistentVolumeClaim }) =>
        persistentVolumeClaim === undefined
          ? []
          : [`${pod.metadata.namespace}/${persistentVolumeClaim.claimName}`],
      ),
      isDeleting: pod.metadata.deletionTimestamp !== undefined,
    };
  });
};

const volumesOf = async ({ client }: Site): Promise<ObservedVolume[]> => {
  const { items } = await client.list(kinds.PersistentVolume);
  return items.map((item) => {
    const volume = volumeSchema.parse(item);
    if (volume.metadata.annotations[annotations.provisionedBy] !== provisionerName) {
      throw new Error(`${volume.metadata.name} was made by somebody else`);
    }
    return {
      name: volume.metadata.name,
      phase: volume.status.phase,
      claimUid: volume.spec.claimRef.uid,
      // The test cluster's nodes are called as their hostname labels say.
      node: volume.spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values[0],
      path: volume.spec.local.path,
      size: volume.spec.capacity.storage,
      isDeleting: volume.metadata.deletionTimestamp !== undefined,
    };
  });
};

const groupsOf = async ({ client }: Site): Promise<ObservedGroup[]> => {
  const { items } = await client.list(nodeLocalStorages);
  return items.map(({ metadata: { generation }, spec, status }) => {
    const ready = status.conditions.find(({ type }) => type === "Ready");
    return {
      node: spec.nodeName,
      volumeGroup: spec.volumeGroup,
      entries: spec.volumes.map((entry) => ({
        name: entry.name,
        claimUid: entry.claim?.uid,
        size: entry.size,
        state:
          entry.delete === true ? "tombstone" : entry.pending === true ? "pending" : "handed out",
      })),
      seen: status.volumes.map((one) => ({
        name: one.name,
        state: one.state,
        size: one.size ?? 0,
      })),
      orphans: status.orphans.map(({ name }) => name),
      whyNotReady: ready?.status === "True" ? "" : (ready?.message ?? "no report yet"),
      report: status.observedGeneration === generation ? "current" : "of an older generation",
      isCordoned: spec.cordoned,
      extentSize: status.extentSize ?? 0,
      capacity: status.capacity ?? 0,
      free: status.free ?? 0,
    };
  });
};

const capacitiesOf = async ({ client, system }: Site): Promise<ObservedCapacity[]> => {
  const { items } = await client.list(csiStorageCapacities, { namespace: system });
  return items.flatMap((item) => {
    const node = item.nodeTopology[hostnameLabel];
    return node === undefined
      ? []
      : [{ storageClass: item.storageClassName, node, size: item.capacity ?? 0 }];
  });
};

const bytesText = z.string().transform(Number);

const lvmReport = z.object({
  report: z.tuple([
    z.object({
      vg: z.array(z.object({ vg_size: bytesText, vg_free: bytesText })),
      lv: z.array(z.object({ lv_name: z.string(), lv_size: bytesText, lv_tags: z.string() })),
    }),
  ]),
});

const diskOf = async (node: string, { cluster }: Site): Promise<ObservedDisk> => {
  const { stdout } = await cluster
    .node(node)
    .exec([
      "lvm",
      "fullreport",
      "--reportformat=json",
      "--units=b",
      "--nosuffix",
      "--configreport=vg",
      "--options=vg_size,vg_free",
      "--configreport=lv",
      "--options=lv_name,lv_size,lv_tags",
      "--configreport=pv",
      "--options=pv_name",
      "--configreport=seg",
      "--options=seg_start",
      "--configreport=pvseg",
      "--options=pvseg_start",
      groupName,
    ]);
  const [{ vg, lv }] = lvmReport.parse(JSON.parse(stdout)).report;
  const [group] = vg;
  if (group === undefined) throw new Error(`${node} has no volume group ${groupName}`);
  return {
    node,
    volumeGroup: groupName,
    size: group.vg_size,
    free: group.vg_free,
    volumes: lv.map((one) => ({
      name: one.lv_name,
      size: one.lv_size,
      tags: one.lv_tags === "" ? [] : one.lv_tags.split(","),
    })),
  };
};
