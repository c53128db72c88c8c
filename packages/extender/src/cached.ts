import type { Claim, Metadata, Node, NodeLocalStorage, Pod, Resource } from "@stowage/api";
import { claims, nodeLocalStorages, nodes, pods } from "@stowage/api";
import { z } from "zod";
import { problemsOf } from "./asked-pod.ts";

/*
 * The caches hold tens of thousands of objects. What placement never looks at is left out of them,
 * and empty maps and lists are there once.
 */

const noWords: Record<string, string> = {};
const noNames: string[] = [];
const noOwners: Metadata["ownerReferences"] = [];

const slim = (metadata: Metadata): Metadata => ({
  ...metadata,
  creationTimestamp: "",
  labels: noWords,
  annotations: noWords,
  finalizers: noNames,
  ownerReferences: metadata.ownerReferences.length === 0 ? noOwners : metadata.ownerReferences,
});

/** NodeLocalStorages with the ledger and the state, without devices and reports on volumes. */
export const cachedStorages: Resource<NodeLocalStorage> = {
  ...nodeLocalStorages,
  parse: (object) => {
    const { metadata, spec, status } = nodeLocalStorages.parse(object);
    return {
      metadata: slim(metadata),
      spec: {
        nodeName: spec.nodeName,
        volumeGroup: spec.volumeGroup,
        cordoned: spec.cordoned,
        devices: [],
        volumes: spec.volumes.map(({ name, size, delete: tombstone }) =>
          tombstone === undefined ? { name, size } : { name, size, delete: tombstone },
        ),
      },
      status: {
        observedGeneration: status.observedGeneration,
        extentSize: status.extentSize,
        capacity: status.capacity,
        allocatable: status.allocatable,
        conditions: status.conditions
          .filter(({ type }) => type === "Ready")
          .map(({ status: value, message, ...ready }) =>
            Object.assign(ready, { status: value, message: value === "True" ? "" : message }),
          ),
        devices: [],
        volumes: [],
        orphans: [],
      },
    };
  },
};

/** Nodes with their labels. */
export const cachedNodes: Resource<Node> = {
  ...nodes,
  parse: (object) => {
    const { metadata, hostname } = nodes.parse(object);
    return { metadata: { ...slim(metadata), labels: metadata.labels }, hostname };
  },
};

/** Agents' pods with their node and state. */
export const cachedPods: Resource<Pod> = {
  ...pods,
  parse: (object) => {
    const { metadata, nodeName, ready } = pods.parse(object);
    return { metadata: slim(metadata), nodeName, ready, volumes: [] };
  },
};

/** A claim whose size Stowage cannot count has a `problem`, and a size that means nothing. */
export type CachedClaim = Claim & { readonly problem?: string };

/**
 * Claims, also those with a size that Stowage cannot count: were they skipped, a pod with such a
 * claim would look like one without claims of Stowage, and pass everywhere.
 */
export const cachedClaims: Resource<CachedClaim> = {
  ...claims,
  parse: (object) => {
    try {
      const claim = claims.parse(object);
      return { ...claim, metadata: slim(claim.metadata) };
    } catch (error) {
      if (!(error instanceof z.ZodError)) throw error;
      const claim = claims.parse(withoutSize(object));
      return { ...claim, metadata: slim(claim.metadata), problem: problemsOf(error) };
    }
  },
};

const looseClaim = z.looseObject({ spec: z.looseObject({}) });

const withoutSize = (object: unknown): unknown => {
  const claim = looseClaim.parse(object);
  return { ...claim, spec: { ...claim.spec, resources: { requests: { storage: "1" } } } };
};
