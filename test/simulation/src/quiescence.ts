import { annotations, hostnameLabel, nodeLocalStorageName, provisionerName } from "@stowage/api";
import { extentsFor, parseQuantity } from "@stowage/capacity";
import { identityOf } from "@stowage/lvm";
import type { Raw } from "@stowage/kube/testing";
import { keyIn } from "./cluster.ts";
import type { ClusterState } from "./cluster.ts";
import type { Host } from "./host.ts";
import { extentSize, extentsOfEntries } from "./ledger-invariants.ts";
import { selectedNodeOf } from "./kinds.ts";
import { affinityOf, claimKeysOf, volumeAt } from "./wire-facts.ts";
import type { ClaimWire, GroupWire, PodWire } from "./wire.ts";

/** Volumes that people changed in the ledger: what they did is shown, and left to them. */
type ByHand = {
  readonly droppedByHand: ReadonlySet<string>;
  readonly setByHand: ReadonlySet<string>;
};

/**
 * What is still to come once faults have stopped: claims that wait though there is room, what was
 * left behind, reports that are not true. Nothing when all has come to rest as it should.
 */
export const unsettled = (
  cluster: ClusterState,
  hosts: ReadonlyMap<string, Host>,
  { droppedByHand, setByHand }: ByHand,
): string[] => [
  ...cluster
    .all("nodelocalstorages")
    .flatMap((group) => ofGroup(group, cluster, hosts, { droppedByHand, setByHand })),
  ...cluster.all("persistentvolumes").flatMap(({ metadata, spec, status }) => {
    const isClaimed = cluster
      .all("persistentvolumeclaims")
      .some((claim) => claim.spec.volumeName === metadata.name);
    const isKept = spec.persistentVolumeReclaimPolicy === "Retain" && status.phase === "Released";
    return isClaimed || isKept
      ? []
      : [`${metadata.name} (${status.phase}) is left though nobody claims it`];
  }),
  ...cluster.all("persistentvolumeclaims").flatMap((claim) => ofClaim(claim, cluster)),
  ...cluster.all("pods").flatMap((pod) => ofPod(pod, cluster)),
];

const ofGroup = (
  group: GroupWire,
  cluster: ClusterState,
  hosts: ReadonlyMap<string, Host>,
  { droppedByHand, setByHand }: ByHand,
): string[] => {
  const { nodeName, volumeGroup, volumes } = group.spec;
  const { name } = group.metadata;
  const host = hosts.get(nodeName);
  const actual = host?.node.group(volumeGroup);
  const problems: string[] = [];
  const entries = new Map(volumes.map((entry) => [entry.name, entry]));
  for (const entry of volumes) {
    const volume = cluster.get("persistentvolumes", entry.name);
    if (setByHand.has(entry.name)) continue;
    if (entry.delete === true) problems.push(`the tombstone of ${entry.name} stays on ${name}`);
    else if (volume === undefined)
      problems.push(`the entry of ${entry.name} on ${name} has no PersistentVolume`);
    else if (entry.pending === true) problems.push(`${entry.name} on ${name} stays pending`);
  }
  const unnamed = (actual?.volumes ?? []).filter((lv) => !entries.has(lv.name));
  const orphans = new Set((group.status?.orphans ?? []).map((orphan) => orphan.name));
  for (const lv of actual?.volumes ?? []) {
    if (identityOf(lv.tags) === undefined) continue;
    const entry = entries.get(lv.name);
    // What somebody dropped from the ledger is never removed unasked, but it is shown.
    if (entry === undefined && droppedByHand.has(lv.name) && orphans.has(lv.name)) continue;
    if (entry === undefined) {
      problems.push(`${lv.name} is left on ${nodeName} without an entry`);
      continue;
    }
    // An admin may have taken by hand what was promised.
    const lacks = extentsFor(parseQuantity(entry.size), extentSize) - lv.extents;
    const room = host === undefined || actual === undefined ? 0 : host.node.freeExtents(actual);
    if (lacks > 0 && lacks <= room && !setByHand.has(lv.name)) {
      problems.push(`${lv.name} on ${nodeName} is smaller than its entry`);
    }
  }
  const capacity =
    host === undefined || actual === undefined
      ? 0
      : host.node.freeExtents(actual) + sum(actual.volumes);
  const beyond = (actual?.volumes ?? []).map((lv) =>
    grownForNobody(lv, entries.get(lv.name), cluster),
  );
  const allocatable =
    capacity - sum(unnamed) - beyond.reduce((total, extents) => total + extents, 0);
  const reported = Number(parseQuantity(group.status?.allocatable ?? "0")) / extentSize;
  if (reported !== allocatable) {
    problems.push(`${name} reports ${reported} extents allocatable, and there are ${allocatable}`);
  }
  const ready = group.status?.conditions?.find(({ type }) => type === "Ready");
  if (ready?.status !== "True")
    problems.push(`${name} is not Ready: ${ready?.message ?? "no condition"}`);
  if (group.status?.observedGeneration !== group.metadata.generation) {
    problems.push(`${name}: the agent has not seen its newest generation`);
  }
  const free = Math.max(0, allocatable - extentsOfEntries(volumes));
  const takes = free > 0 && group.spec.cordoned !== true && ready?.status === "True";
  const hostname = cluster.get("nodes", nodeName)?.metadata.labels?.[hostnameLabel];
  for (const { metadata, provisioner } of cluster.all("storageclasses")) {
    if (provisioner !== provisionerName) continue;
    const published = cluster
      .all("csistoragecapacities")
      .find(
        (object) =>
          object.storageClassName === metadata.name &&
          object.nodeTopology.matchLabels[hostnameLabel] === hostname,
      );
    const extents = Number(parseQuantity(published?.capacity ?? "0")) / extentSize;
    if (published === undefined || extents !== (takes ? free : 0)) {
      problems.push(
        `${extents} extents of ${name} are published for class ${metadata.name}, and ${free} are free`,
      );
    }
  }
  return problems;
};

/**
 * What a volume has beyond its entry counts as somebody else's. That may stay so only once its claim is
 * deleted, for which nothing grows any more: an admin has put an older entry back meanwhile.
 */
const grownForNobody = (
  lv: { readonly extents: number },
  entry: GroupWire["spec"]["volumes"][number] | undefined,
  cluster: ClusterState,
): number => {
  if (entry?.claim === undefined) return 0;
  const { namespace, name, uid } = entry.claim;
  const claim = cluster.get("persistentvolumeclaims", `${namespace}/${name}`);
  const isWanted = claim?.metadata.uid === uid && claim.metadata.deletionTimestamp === undefined;
  return isWanted ? 0 : Math.max(0, lv.extents - extentsFor(parseQuantity(entry.size), extentSize));
};

const sum = (volumes: readonly { readonly extents: number }[]): number =>
  volumes.reduce((total, { extents }) => total + extents, 0);

const ofClaim = (claim: ClaimWire, cluster: ClusterState): string[] => {
  const key = keyIn(claim);
  const { volumeName = "" } = claim.spec;
  if (claim.metadata.deletionTimestamp !== undefined) {
    const isUsed = cluster.all("pods").some((pod) => uses(pod, claim));
    return isUsed ? [] : [`${key} is deleted and stays`];
  }
  if (volumeName === "") return [];
  const volume = cluster.get("persistentvolumes", volumeName);
  if (volume === undefined) return [`${key} is bound to ${volumeName}, which is gone`];
  const { metadata } = volume;
  const group = cluster.get(
    "nodelocalstorages",
    metadata.annotations?.[annotations.nodeLocalStorage] ?? "",
  );
  const { name } = volumeAt(volume);
  const entry = group?.spec.volumes.find((other) => other.name === name);
  if (entry === undefined) return [`${volumeName} of ${key} has no entry`];
  const isAsked = parseQuantity(claim.spec.resources.requests.storage);
  const isGiven = parseQuantity(claim.status.capacity?.storage ?? "0");
  const waitsForMount =
    claim.status.allocatedResourceStatuses?.storage === "NodeResizePending" &&
    !cluster.all("pods").some((pod) => uses(pod, claim) && pod.status?.phase === "Running");
  return isAsked > isGiven && !waitsForMount && roomIn(group, isAsked - parseQuantity(entry.size))
    ? [`${key} asks for more than it has, and there is room`]
    : [];
};

const roomIn = (group: GroupWire | undefined, more: number): boolean => {
  if (group === undefined || group.spec.cordoned === true) return false;
  const allocatable = parseQuantity(group.status?.allocatable ?? "0") / extentSize;
  return allocatable - extentsOfEntries(group.spec.volumes) >= Math.ceil(more / extentSize);
};

const uses = (pod: PodWire, claim: ClaimWire): boolean => claimKeysOf(pod).includes(keyIn(claim));

/** A pod waits rightly only while no node has the room for all of its claims that are unbound. */
const ofPod = (pod: PodWire, cluster: ClusterState): string[] => {
  if (pod.spec.volumes.length === 0) return [];
  const key = keyIn(pod);
  if (pod.metadata.deletionTimestamp !== undefined) return [`${key} is deleted and stays`];
  if (pod.status?.phase === "Running") return [];
  if (pod.spec.nodeName !== undefined)
    return [`${key} is on ${pod.spec.nodeName} and does not run`];
  const claims = cluster.all("persistentvolumeclaims").filter((claim) => uses(pod, claim));
  const isWhole = claims.length === pod.spec.volumes.length;
  if (!isWhole || claims.some(({ metadata }) => metadata.deletionTimestamp !== undefined))
    return [];
  const pins = claims.flatMap(({ spec }) => {
    const volume = cluster.get("persistentvolumes", spec.volumeName ?? "");
    return volume === undefined ? [] : [affinityOf(volume).join()];
  });
  const unbound = claims.filter(({ spec }) => (spec.volumeName ?? "") === "");
  const need = unbound.reduce(
    (total, { spec }) =>
      total + extentsFor(parseQuantity(spec.resources.requests.storage), extentSize),
    0,
  );
  const room = cluster.all("nodes").find((node) => {
    const { name, labels } = node.metadata;
    if (node.spec.unschedulable === true || (node.spec.taints ?? []).length > 0) return false;
    if (pins.some((pin) => pin !== labels?.[hostnameLabel])) return false;
    const group = cluster.get("nodelocalstorages", nodeLocalStorageName(name, "fast"));
    return need === 0 || roomIn(group, need * extentSize);
  });
  const waiting = unbound.map(
    (claim) =>
      `${claim.metadata.name} of ${claim.spec.resources.requests.storage} (${claim.spec.storageClassName}, selected ${selectedNodeOf(claim as Raw) ?? "no node"})`,
  );
  return room === undefined
    ? []
    : [`${key} waits with ${waiting.join(", ")}, and ${room.metadata.name} has the room`];
};
