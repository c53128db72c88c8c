import type { NodeLocalStorage, PersistentVolume } from "@stowage/api";
import { annotations } from "@stowage/api";
import { byName } from "../output/by-name.ts";

type LostGroup = {
  readonly name: string;
  readonly group: string;
  /** Whether it was said to be lost before. */
  readonly state: "to_be_said" | "said";
};

/** What follows from a node's loss; see docs/decisions/0009-lost-nodes.md. */
export type LossView = {
  readonly node: string;
  readonly groups: readonly LostGroup[];
  /** PersistentVolumes that go at once: Released, policy Delete. */
  readonly going: readonly string[];
  /** Claims that are bound to volumes of the node; they wait until they are deleted. */
  readonly claims: readonly string[];
  /** PersistentVolumes with policy Retain: they stay until somebody deletes them. */
  readonly retained: readonly string[];
};

export const lossView = (
  node: string,
  storages: readonly NodeLocalStorage[],
  persistentVolumes: readonly PersistentVolume[],
): LossView => {
  const lost = storages.filter(({ spec }) => spec.nodeName === node);
  const names = new Set(lost.map(({ metadata }) => metadata.name));
  const volumes = persistentVolumes.filter(({ group }) => names.has(group ?? ""));
  const deleted = volumes.filter(({ reclaimPolicy }) => reclaimPolicy === "Delete");
  return {
    node,
    groups: lost
      .map(({ metadata, spec }): LostGroup => ({
        name: metadata.name,
        group: spec.volumeGroup,
        state: metadata.annotations[annotations.nodeLost] === node ? "said" : "to_be_said",
      }))
      .toSorted((a, b) => byName(a.name, b.name)),
    going: deleted
      .filter(({ phase }) => phase === "Released")
      .map(({ metadata }) => metadata.name)
      .toSorted(),
    claims: volumes
      .filter(({ phase, claimRef }) => phase === "Bound" && claimRef !== undefined)
      .map(({ claimRef }) => `${claimRef?.namespace}/${claimRef?.name}`)
      .toSorted(byName),
    retained: volumes
      .filter(({ reclaimPolicy }) => reclaimPolicy !== "Delete")
      .map(({ metadata }) => metadata.name)
      .toSorted(),
  };
};

export const lossWords = ({ node, groups, going, claims, retained }: LossView): string =>
  [
    `Volume groups of ${node}: ${groups.map(({ group }) => group).join(", ")}.`,
    going.length === 0
      ? "No PersistentVolume goes at once."
      : `PersistentVolumes that go: ${going.join(", ")}.`,
    ...(claims.length === 0
      ? []
      : [
          `Claims bound to it, whose pods wait for ever until you delete them: ${claims.join(", ")}.`,
        ]),
    ...(retained.length === 0
      ? []
      : [`PersistentVolumes with policy Retain, which stay: ${retained.join(", ")}.`]),
  ].join("\n");
