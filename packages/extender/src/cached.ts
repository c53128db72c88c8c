import type {
  Claim,
  Metadata,
  Node,
  NodeLocalStorage,
  PersistentVolume,
  Pod,
  Resource,
  VolumeMode,
} from "@stowage/api";
import {
  claims,
  groupOf,
  isDeleting,
  isOfStowage,
  nodeLocalStorages,
  nodes,
  persistentVolumes,
  physicalVolumesOf,
  pods,
} from "@stowage/api";
import type { Bytes, GroupState } from "@stowage/capacity";
import { z } from "zod";
import { problemsOf } from "./asked-pod.ts";
import { Entries } from "./entries.ts";
import { Interned } from "./interned.ts";

/*
 * The caches hold tens of thousands of objects, of which placement looks at a few fields. These are
 * what is kept of them.
 */

type Identity = Pick<Metadata, "name" | "namespace" | "uid" | "resourceVersion">;

const shared = new Interned(20_000);

/** An informer compares uids only of objects of one name: a part of a random one will do. */
const shortUid = 8;

const identityOf = ({ name, namespace, uid, resourceVersion }: Metadata): Identity => ({
  name,
  namespace: shared.of(namespace),
  uid: uid.slice(0, shortUid),
  resourceVersion,
});

/** A volume group on a node with its ledger. */
export type CachedStorage = {
  readonly metadata: Identity;
  readonly nodeName: string;
  readonly volumeGroup: string;
  readonly state: GroupState;
  readonly extentSize: Bytes;
  readonly size: Bytes;
  readonly allocatable: Bytes;
  readonly entries: Entries;
  /** UUIDs of the physical volumes that its node reports. */
  readonly devices: readonly string[];
};

const ready: GroupState = { kind: "ready" };
const noEntries = new Entries([]);
const noDevices: readonly string[] = [];

export const storageOf = (storage: NodeLocalStorage): CachedStorage => {
  const { node, volumeGroup, state, extentSize, size, allocatable } = groupOf(storage);
  const devices = physicalVolumesOf(storage);
  return {
    metadata: identityOf(storage.metadata),
    nodeName: shared.of(node),
    volumeGroup: shared.of(volumeGroup),
    state: state.kind === "ready" ? ready : state,
    extentSize,
    size,
    allocatable,
    entries: storage.spec.volumes.length === 0 ? noEntries : new Entries(storage.spec.volumes),
    devices: devices.length === 0 ? noDevices : devices,
  };
};

export const cachedStorages: Resource<CachedStorage> = {
  ...nodeLocalStorages,
  parse: (object) => storageOf(nodeLocalStorages.parse(object)),
};

export type CachedNode = {
  readonly metadata: Identity;
  readonly labels: Readonly<Record<string, string>>;
};

export const nodeOf = ({ metadata }: Node): CachedNode => {
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(metadata.labels)) labels[key] = shared.of(value);
  return { metadata: identityOf({ ...metadata, name: shared.of(metadata.name) }), labels };
};

/** Of a Node only its metadata is asked for: the rest is four fifths of it. */
export const cachedNodes: Resource<CachedNode> = {
  ...nodes,
  representation: "metadata",
  parse: (object) => nodeOf(nodes.parse(object)),
};

/** An agent's pod. */
export type CachedAgent = {
  readonly metadata: Identity;
  readonly nodeName: string | undefined;
  /** Ready and not about to go. */
  readonly state: "serves" | "does_not_serve";
};

export const agentOf = (pod: Pod): CachedAgent => ({
  metadata: identityOf(pod.metadata),
  nodeName: pod.nodeName === undefined ? undefined : shared.of(pod.nodeName),
  state: pod.ready === "ready" && !isDeleting(pod) ? "serves" : "does_not_serve",
});

export const cachedAgents: Resource<CachedAgent> = {
  ...pods,
  parse: (object) => agentOf(pods.parse(object)),
};

export type CachedClaim = {
  readonly metadata: Identity;
  readonly storageClassName: string | undefined;
  readonly request: Bytes;
  readonly volumeMode: VolumeMode;
  readonly selectedNode: string | undefined;
  /** Deleting goes before bound: such a claim holds a pod back, whatever it is bound to. */
  readonly state: "unbound" | "bound" | "deleting";
  /** uids of the claim's owners. */
  readonly owners: readonly string[];
  /** Why Stowage cannot count the claim's size; `request` means nothing then. */
  readonly problem: string | undefined;
};

const noOwners: readonly string[] = [];

export const claimOf = (claim: Claim, problem?: string): CachedClaim => {
  const { metadata, spec, selectedNode } = claim;
  const { ownerReferences: owners } = metadata;
  return {
    metadata: { ...identityOf(metadata), uid: metadata.uid },
    storageClassName:
      spec.storageClassName === undefined ? undefined : shared.of(spec.storageClassName),
    request: spec.request,
    volumeMode: spec.volumeMode,
    selectedNode: selectedNode === undefined ? undefined : shared.of(selectedNode),
    state: isDeleting(claim) ? "deleting" : spec.volumeName === "" ? "unbound" : "bound",
    owners: owners.length === 0 ? noOwners : owners.map(({ uid }) => uid),
    problem,
  };
};

/**
 * Claims, also those with a size that Stowage cannot count: were they skipped, a pod with such a
 * claim would look like one without claims of Stowage, and pass everywhere.
 */
export const cachedClaims: Resource<CachedClaim> = {
  ...claims,
  parse: (object) => {
    try {
      return claimOf(claims.parse(object));
    } catch (error) {
      if (!(error instanceof z.ZodError)) throw error;
      return claimOf(claims.parse(withoutSize(object)), problemsOf(error));
    }
  },
};

const looseClaim = z.looseObject({ spec: z.looseObject({}) });

const withoutSize = (object: unknown): unknown => {
  const claim = looseClaim.parse(object);
  return { ...claim, spec: { ...claim.spec, resources: { requests: { storage: "1" } } } };
};

/** A PersistentVolume that was made for a logical volume of an earlier claim. */
export type CachedAdoption = {
  readonly metadata: Identity;
  /** undefined if no claim is to get it: it is about to go, or not one of Stowage's. */
  readonly awaited: AwaitedClaim | undefined;
};

/** What Kubernetes binds the volume to. */
export type AwaitedClaim = {
  /** namespace/name */
  readonly key: string;
  /** Of the claim that it is bound to; "" while any claim of the name would get it. */
  readonly uid: string;
  /** It may ask for so much. */
  readonly capacity: Bytes;
  readonly volumeMode: VolumeMode;
};

export const adoptionOf = (volume: PersistentVolume): CachedAdoption => ({
  metadata: identityOf(volume.metadata),
  awaited: awaitedBy(volume),
});

const awaitedBy = (volume: PersistentVolume): AwaitedClaim | undefined => {
  const { claimRef, capacity, volumeMode } = volume;
  if (claimRef === undefined || isDeleting(volume) || !isOfStowage(volume)) return undefined;
  const { namespace, name, uid } = claimRef;
  return { key: `${namespace}/${name}`, uid, capacity, volumeMode };
};

/** To be selected by `labels.adopted`: of all PersistentVolumes these are few. */
export const cachedAdoptions: Resource<CachedAdoption> = {
  ...persistentVolumes,
  parse: (object) => adoptionOf(persistentVolumes.parse(object)),
};
