import type { StorageClass } from "@stowage/api";
import { ephemeralClaimName, volumeNameOf } from "@stowage/api";
import type { Bytes, Refusal, Strategy } from "@stowage/capacity";
import type { AskedPod, AskedVolume } from "./asked-pod.ts";
import type { CachedClaim } from "./cached.ts";
import type { OurClass } from "./classes.ts";
import type { Own } from "./ledger.ts";

/** One claim that still needs a place. */
export type Need = {
  /** namespace/name of the claim, which may not exist yet. */
  readonly claim: string;
  /** The volume's name; the claim's key while the claim has no uid to name it by. */
  readonly volume: string;
  readonly size: Bytes;
  readonly storageClass: string;
  /** The node that the claim is set to now, if any. */
  readonly selectedNode: string | undefined;
};

/** All that one pod needs of the volume groups of one name, wherever it is placed. */
export type GroupDemand = {
  readonly volumeGroup: string;
  readonly needs: readonly Need[];
  /** Those of `needs`, in the same order. */
  readonly sizes: readonly Bytes[];
  /** How the nodes that have the room compare; where the claims' classes differ, the first one's. */
  readonly strategy: Strategy;
};

/** A logical volume of an earlier claim, made ready for the one that has its name now. */
export type AdoptedVolume = { readonly volume: string; readonly node: string };

/** A claim that needs no place: Kubernetes binds it to one of these volumes. */
type AdoptedClaim = {
  /** namespace/name */
  readonly claim: string;
  readonly volumes: readonly AdoptedVolume[];
};

export type Wanted = {
  readonly kind: "wanted";
  readonly adopted: readonly AdoptedClaim[];
  readonly groups: readonly GroupDemand[];
  /** All claims in `groups`: what these hold already is never held against the pod. */
  readonly own: Own;
  /** The claims' classes that allow some nodes only. */
  readonly restricted: readonly StorageClass[];
};

export type Demand =
  { readonly kind: "none" } | { readonly kind: "refused"; readonly refusal: Refusal } | Wanted;

/** What a pod's volumes are looked up in. */
export type Catalog = {
  claim(key: string): CachedClaim | undefined;
  /** What was adopted for the claim, or for one of the name that has not been seen yet. */
  adopted(key: string, claim: CachedClaim | undefined): readonly AdoptedVolume[];
  classes: {
    ours(name: string | undefined): OurClass | undefined;
    ourDefault(): OurClass | undefined;
  };
};

/**
 * What the pod needs of Stowage. Bound claims need nothing, their PersistentVolume's affinity pins
 * the pod; so will those that a volume was adopted for, which until then hold it to that. A missing
 * claim and another driver's are left to those who know them.
 * @param fallback for classes that name no strategy.
 */
export const demandOf = (pod: AskedPod, catalog: Catalog, fallback: Strategy): Demand => {
  const groups = new Map<string, Map<string, Need>>();
  const strategies = new Map<string, Strategy>();
  const restricted = new Set<StorageClass>();
  const adopted: AdoptedClaim[] = [];
  for (const volume of pod.volumes) {
    const answer = needOf(volume, pod, catalog);
    if (answer.kind === "none") continue;
    if (answer.kind === "refused") return answer;
    if (answer.kind === "adopted") {
      adopted.push(answer.adopted);
      continue;
    }
    const needs = groups.get(answer.volumeGroup) ?? new Map<string, Need>();
    needs.set(answer.need.claim, answer.need);
    groups.set(answer.volumeGroup, needs);
    if (!strategies.has(answer.volumeGroup)) {
      strategies.set(answer.volumeGroup, answer.strategy ?? fallback);
    }
    if (answer.storageClass.allowedTopologies.length > 0) restricted.add(answer.storageClass);
  }
  if (groups.size === 0 && adopted.length === 0) return { kind: "none" };
  const all = [...groups.values()].flatMap((needs) => Array.from(needs.values()));
  return {
    kind: "wanted",
    adopted,
    groups: [...groups].map(([volumeGroup, needs]) => ({
      volumeGroup,
      needs: [...needs.values()],
      sizes: [...needs.values()].map(({ size }) => size),
      strategy: strategies.get(volumeGroup) ?? fallback,
    })),
    own: { claims: all.map(({ claim }) => claim), volumes: all.map(({ volume }) => volume) },
    restricted: [...restricted],
  };
};

type NeedAnswer =
  | { readonly kind: "none" }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "adopted"; readonly adopted: AdoptedClaim }
  | {
      readonly kind: "need";
      readonly need: Need;
      readonly volumeGroup: string;
      readonly strategy: Strategy | undefined;
      readonly storageClass: StorageClass;
    };

const none: NeedAnswer = { kind: "none" };
const refused = (refusal: Refusal): NeedAnswer => ({ kind: "refused", refusal });

const needOf = (volume: AskedVolume, pod: AskedPod, catalog: Catalog): NeedAnswer => {
  const name =
    volume.kind === "claim" ? volume.claimName : ephemeralClaimName(pod.name, volume.name);
  const key = `${pod.namespace}/${name}`;
  const claim = catalog.claim(key);
  if (claim !== undefined) return needOfClaim(claim, key, volume, pod, catalog);
  const volumes = catalog.adopted(key, undefined);
  if (volumes.length > 0) return { kind: "adopted", adopted: { claim: key, volumes } };
  return volume.kind === "claim" ? none : needOfTemplate(volume, key, catalog);
};

const needOfClaim = (
  claim: CachedClaim,
  key: string,
  volume: AskedVolume,
  pod: AskedPod,
  catalog: Catalog,
): NeedAnswer => {
  const ours = catalog.classes.ours(claim.storageClassName);
  if (ours === undefined) return none;
  const { metadata, state, request, owners, selectedNode, problem } = claim;
  if (volume.kind === "ephemeral" && !owners.includes(pod.uid)) {
    return refused({ code: "claim_not_owned", claim: key, pod: `${pod.namespace}/${pod.name}` });
  }
  if (state === "deleting") return refused({ code: "claim_deleting", claim: key });
  if (state === "bound") return none;
  if (problem !== undefined) return refused({ code: "claim_invalid", claim: key, problem });
  const volumes = catalog.adopted(key, claim);
  if (volumes.length > 0) return { kind: "adopted", adopted: { claim: key, volumes } };
  return needIn(ours, {
    claim: key,
    volume: volumeNameOf(metadata.uid),
    size: request,
    storageClass: ours.storageClass.metadata.name,
    selectedNode,
  });
};

const needOfTemplate = (
  { template }: Extract<AskedVolume, { kind: "ephemeral" }>,
  key: string,
  { classes }: Catalog,
): NeedAnswer => {
  const className = template.storageClassName;
  const ours = className === undefined ? classes.ourDefault() : classes.ours(className);
  if (ours === undefined) return none;
  const reading = template.read();
  if (reading.kind === "invalid") {
    return refused({ code: "claim_invalid", claim: key, problem: reading.problem });
  }
  return needIn(ours, {
    claim: key,
    volume: key,
    size: reading.spec.request,
    storageClass: ours.storageClass.metadata.name,
    selectedNode: undefined,
  });
};

const needIn = ({ storageClass, reading }: OurClass, need: Need): NeedAnswer =>
  reading.kind === "invalid"
    ? refused({
        code: "class_invalid",
        storageClass: storageClass.metadata.name,
        problem: reading.problem,
      })
    : {
        kind: "need",
        need,
        volumeGroup: reading.parameters.volumeGroup,
        strategy: reading.parameters.placement,
        storageClass,
      };
