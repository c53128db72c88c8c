import { annotations, hostnameLabel, provisionerName } from "@stowage/api";
import type { Finding } from "../finding.ts";
import { check } from "../finding.ts";

export const nodesExist = check(
  "nodes of groups exist",
  ["groups", "nodes", "persistentVolumes"],
  ({ groups, nodes, persistentVolumes }) => {
    const existing = new Set(nodes.map(({ metadata }) => metadata.name));
    return groups
      .filter(({ spec }) => !existing.has(spec.nodeName))
      .map(({ metadata, spec }): Finding => {
        const volumes = persistentVolumes.filter(({ group }) => group === metadata.name).length;
        const isSaid = metadata.annotations[annotations.nodeLost] === spec.nodeName;
        const left = volumes === 1 ? "1 PersistentVolume" : `${volumes} PersistentVolumes`;
        return {
          code: "node_gone",
          severity: "warning",
          about: metadata.name,
          message: `node ${spec.nodeName} no longer exists, and ${left} of it ${volumes === 1 ? "is" : "are"} left`,
          remedy:
            isSaid && volumes === 0
              ? `take the node out of its class's nodes, then kubectl delete nls ${metadata.name}`
              : isSaid
                ? "delete the claims that are still bound to it; the rest goes by itself"
                : `if it never comes back: kubectl stowage node lost ${spec.nodeName}`,
        };
      });
  },
);

export const groupsOfVolumes = check(
  "groups of PersistentVolumes exist",
  ["persistentVolumes", "groups"],
  ({ persistentVolumes, groups }) => {
    const existing = new Set(groups.map(({ metadata }) => metadata.name));
    return persistentVolumes
      .filter(
        ({ provisionedBy, group }) =>
          provisionedBy === provisionerName && group !== undefined && !existing.has(group),
      )
      .map(({ metadata, group }): Finding => ({
        code: "group_gone",
        severity: "error",
        about: `PersistentVolume ${metadata.name}`,
        message: `NodeLocalStorage ${group ?? ""} no longer exists, so nobody can remove or grow the volume`,
        remedy: "create it again with the same name, nodeName and volumeGroup: docs/operations.md",
      }));
  },
);

export const entriesHaveClaims = check(
  "entries have their claims",
  ["groups", "claims", "persistentVolumes"],
  ({ groups, claims, persistentVolumes }) => {
    const uids = new Set(claims.map(({ metadata }) => metadata.uid));
    const volumes = new Set(persistentVolumes.map(({ metadata }) => metadata.name));
    return groups.flatMap(({ metadata, spec }) =>
      spec.volumes
        .filter(
          // A pending one without a claim is the provisioner's to bury.
          ({ name, claim, pending, delete: tombstone }) =>
            claim !== undefined &&
            pending !== true &&
            tombstone !== true &&
            !volumes.has(name) &&
            !uids.has(claim.uid),
        )
        .map(({ name, claim }): Finding => ({
          code: "entry_without_claim",
          severity: "warning",
          about: `${metadata.name} ${name}`,
          message: `has room for claim ${claim?.namespace}/${claim?.name}, of which there is neither claim nor PersistentVolume`,
          remedy: `give it its PersistentVolume back: kubectl stowage orphans adopt ${spec.nodeName} ${spec.volumeGroup} ${name}; to have it removed, then kubectl delete pv ${name}`,
        })),
    );
  },
);

const longMs = 10 * 60_000;

export const tombstonesGo = check(
  "tombstones are collected",
  ["groups", "nodes", "persistentVolumes"],
  ({ groups, nodes, persistentVolumes }, { now }) => {
    const existing = new Set(nodes.map(({ metadata }) => metadata.name));
    const since = new Map(
      persistentVolumes.map(({ metadata, phaseSince }) => [metadata.name, phaseSince]),
    );
    return groups
      .filter(({ spec }) => existing.has(spec.nodeName))
      .flatMap(({ metadata, spec, status }): Finding[] =>
        spec.volumes
          .filter((entry) => entry.delete === true)
          .flatMap(({ name }) => {
            const state = status.volumes.find((volume) => volume.name === name);
            const released = since.get(name);
            const isYoung = released !== undefined && now - Date.parse(released) < longMs;
            // Wiping takes its time; a report that is still to come is the agent's to make.
            if (state === undefined || state.reason === "Wiping" || isYoung) return [];
            if (state.state === "Deleting" && state.message === undefined) return [];
            return [
              {
                code: "tombstone_stuck",
                severity: "warning",
                about: `${metadata.name} ${name}`,
                message:
                  state.state === "Deleted"
                    ? "its logical volume is gone, and the provisioner leaves its entry"
                    : `is to be removed, and is not: ${state.reason ?? state.state}: ${state.message ?? ""}`,
                remedy:
                  state.state === "Deleted"
                    ? "see whether a provisioner leads, and read its log"
                    : "free what holds it, as the message says; it goes by itself then",
              },
            ];
          }),
      );
  },
);

export const capacityHasNodes = check(
  "published capacity is of nodes that exist",
  ["capacities", "nodes", "classes"],
  ({ capacities, nodes, classes }) => {
    const hostnames = new Set(nodes.map(({ hostname }) => hostname));
    const ours = new Set(
      classes
        .filter(({ provisioner }) => provisioner === provisionerName)
        .map(({ metadata }) => metadata.name),
    );
    return capacities.flatMap(({ metadata, nodeTopology, storageClassName }): Finding[] => {
      const hostname = nodeTopology[hostnameLabel];
      const isGone = hostname !== undefined && !hostnames.has(hostname);
      const isClassless = metadata.name.startsWith("stowage-") && !ours.has(storageClassName);
      if (!isClassless && !(isGone && ours.has(storageClassName))) return [];
      return [
        {
          code: "capacity_stale",
          severity: "warning",
          about: `CSIStorageCapacity ${metadata.namespace}/${metadata.name}`,
          message: isGone
            ? `is of node ${hostname}, which no longer exists`
            : `is of class ${storageClassName}, which is none of Stowage's`,
          remedy: `kubectl -n ${metadata.namespace} delete csistoragecapacity ${metadata.name}; if it comes back, read the provisioner's log`,
        },
      ];
    });
  },
);
