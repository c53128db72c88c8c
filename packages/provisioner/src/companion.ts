import type { NodeLocalStorage, VolumeEntry } from "@stowage/api";
import { groupOf } from "@stowage/api";
import type { Refusal } from "@stowage/capacity";
import { reserve } from "@stowage/capacity";
import type { VolumeWish } from "./volume-step.ts";

/** Another claim of the pod that a claim was placed for: they get their volumes together, or none. */
export type Companion =
  /** The scheduler has not written its node yet; it writes one claim after another. */
  | { readonly kind: "unplaced" }
  | {
      readonly kind: "placed";
      readonly wish: VolumeWish;
      readonly entry: VolumeEntry;
      readonly group: NodeLocalStorage | undefined;
    }
  /** It has an entry in a ledger, and no PersistentVolume yet. */
  | { readonly kind: "promised"; readonly volume: string };

type Placed = Extract<Companion, { kind: "placed" }>;

export const placedOf = (companions: readonly Companion[]): Placed[] =>
  companions.filter((companion) => companion.kind === "placed");

/** Why companions in groups other than `target` cannot have their room, if they cannot. */
export const refusalElsewhere = (
  companions: readonly Companion[],
  target: NodeLocalStorage,
): Refusal | undefined => {
  const byGroup = Map.groupBy(placedOf(companions), ({ group }) => group?.metadata.name);
  for (const [name, members] of byGroup) {
    if (name === target.metadata.name) continue;
    const [first] = members;
    if (first?.group === undefined) {
      const volumeGroup = first?.wish.parameters.volumeGroup ?? "";
      return { code: "no_group", volumeGroup };
    }
    const known = new Set(first.group.spec.volumes.map((entry) => entry.name));
    const missing = members.map(({ entry }) => entry).filter((entry) => !known.has(entry.name));
    const answer = reserve(groupOf(first.group), missing);
    if (answer.kind === "refused") return answer.refusal;
  }
  return undefined;
};
