import type { Claim } from "@stowage/api";
import {
  claimUidOf,
  isDeleting,
  nodeLocalStorageName,
  progressReasons,
  provisionerName,
  volumeNameOf,
} from "@stowage/api";
import type { Clock, Moment } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import type { Next } from "@stowage/kube";
import { again, done } from "@stowage/kube";
import type { Caches } from "./caches.ts";
import type { Hands } from "./hands.ts";
import { carryOut } from "./carry-out.ts";
import type { Companion } from "./companion.ts";
import { electNode } from "./elect-node.ts";
import { entryOf } from "./entry-of.ts";
import type { NodeStates } from "./node-states.ts";
import { planVolume } from "./plan-volume.ts";
import type { PodIndex } from "./pod-index.ts";
import type { SeenEntry, SeenVolume } from "./seen-volume.ts";
import type { Tombstones } from "./tombstones.ts";
import type { VolumeWish } from "./volume-step.ts";
import type { VolumeIndex } from "./volume-index.ts";
import type { Wish } from "./wish.ts";
import { wishOf } from "./wish.ts";

export type VolumeEdge = Hands & {
  readonly clock: Clock;
  readonly caches: Caches;
  readonly index: VolumeIndex;
  readonly nodeStates: NodeStates;
  readonly pods: PodIndex;
  readonly claimByUid: (uid: string) => Claim | undefined;
  /** All that is lost by a restart, by volume. */
  readonly memory: {
    /** Since when a promised volume has been waited for, or its last sign of progress was seen. */
    readonly promisedSince: Map<string, Moment>;
    /** The last sign of progress on it, as text. */
    readonly progress: Map<string, string>;
    /** Since when its claim has a node and nothing is promised. */
    readonly placedSince: Map<string, Moment>;
    /** Why a companion of a promised volume was refused. */
    readonly forsaken: Map<string, string>;
    readonly tombstones: Tombstones;
  };
};

/** When a node is elected anew for a claim that found no room where it was to go. */
const electedAnew = seconds(1);

/** Brings one volume, `pvc-<uid>`, a step on: look, decide once, act. */
export const reconcileVolume = async (
  name: string,
  edge: VolumeEdge,
  signal: AbortSignal,
): Promise<Next> => {
  const first = see(name, edge);
  remember(first, edge);
  const seen = { ...first, waitingSince: edge.memory.promisedSince.get(name) };
  let next: Next = done;
  for (const step of planVolume(seen)) {
    // A leader that was paused and has lost its lease meanwhile takes no further step.
    signal.throwIfAborted();
    if (step.kind === "look_again") {
      next = again(step.after);
      continue;
    }
    const onward = await carryOut(step, edge);
    if (onward === "look_again") next = again(electedAnew);
    if (onward !== "go_on") break;
  }
  return next;
};

const see = (name: string, edge: VolumeEdge): SeenVolume => {
  const { caches, ledger } = edge;
  const uid = claimUidOf(name);
  const claim = uid === undefined ? undefined : edge.claimByUid(uid);
  const className = claim?.spec.storageClassName;
  const entries = edge.memory.tombstones.see(name, entriesOf(name, edge));
  const { wish, nowhere } = withNode(
    wishOf(
      claim,
      className === undefined ? undefined : caches.storageClasses.get(className),
      claim === undefined ? undefined : edge.pods.pinOf(claim),
    ),
    entries,
    edge,
  );
  const target =
    wish.kind === "volume" || wish.kind === "pinned"
      ? ledger.get(nodeLocalStorageName(wish.node, wish.parameters.volumeGroup))
      : undefined;
  return {
    name,
    now: edge.clock.moment(),
    claim,
    wish,
    nowhere,
    persistentVolume: caches.persistentVolumes.get(name),
    entries,
    target,
    nodeState: (node) => edge.nodeStates.of(node),
    group: (group) => ledger.get(group),
    waitingSince: edge.memory.promisedSince.get(name),
    placedSince: edge.memory.placedSince.get(name),
    companions: wish.kind === "volume" && entries.length === 0 ? companionsOf(wish, edge) : [],
    forsaken: edge.memory.forsaken.get(name),
    pause: edge.attempts.pauseOf(name),
  };
};

/** The other claims that go with this one: of the same pods, for the same node, and still unbound. */
const companionsOf = (wish: VolumeWish, edge: VolumeEdge): Companion[] =>
  wish.chosenBy === "election"
    ? []
    : [...edge.pods.companionKeys(wish.claim)].flatMap((key): Companion[] => {
        const claim = edge.caches.claims.get(key);
        const storageClass = edge.caches.storageClasses.get(claim?.spec.storageClassName ?? "");
        if (claim === undefined || storageClass?.provisioner !== provisionerName) return [];
        const isWaiting =
          claim.spec.volumeName === "" &&
          !isDeleting(claim) &&
          storageClass.volumeBindingMode === "WaitForFirstConsumer";
        if (!isWaiting) return [];
        if (claim.selectedNode === undefined) return [{ kind: "unplaced" }];
        const volume = volumeNameOf(claim.metadata.uid);
        if (entriesOf(volume, edge).length > 0) return [{ kind: "promised", volume }];
        const other = wishOf(claim, storageClass);
        if (other.kind !== "volume" || other.node !== wish.node) return [];
        const group = edge.ledger.get(
          nodeLocalStorageName(other.node, other.parameters.volumeGroup),
        );
        return [{ kind: "placed", wish: other, entry: entryOf(other), group }];
      });

/** A wish for anywhere becomes one for the node where room is promised already, or is elected now. */
const withNode = (
  wish: Wish,
  entries: readonly SeenEntry[],
  { caches, ledger, nodeStates }: VolumeEdge,
): { readonly wish: Wish; readonly nowhere: string | undefined } => {
  if (wish.kind !== "anywhere") return { wish, nowhere: undefined };
  const promised = entries.find(({ entry }) => entry.delete !== true) ?? entries[0];
  const election =
    promised === undefined
      ? electNode({
          request: wish.claim.spec.request,
          storageClass: wish.storageClass,
          parameters: wish.parameters,
          groups: [...caches.groups.list()].map(
            (group) => ledger.get(group.metadata.name) ?? group,
          ),
          nodeState: (node) => nodeStates.of(node),
        })
      : ({ kind: "elected", node: promised.group.spec.nodeName } as const);
  return election.kind === "nowhere"
    ? { wish, nowhere: election.why }
    : {
        wish: { ...wish, kind: "volume", node: election.node, chosenBy: "election" },
        nowhere: undefined,
      };
};

const entriesOf = (name: string, { index, ledger }: VolumeEdge): SeenEntry[] =>
  [...new Set([...index.groupsOf(name), ...ledger.ahead()])].flatMap((groupName) => {
    const group = ledger.get(groupName);
    const entry = group?.spec.volumes.find((candidate) => candidate.name === name);
    if (group === undefined || entry === undefined) return [];
    return [{ group, entry, status: group.status.volumes.find((state) => state.name === name) }];
  });

const remember = (seen: SeenVolume, { memory, attempts }: VolumeEdge): void => {
  const isWanted = seen.wish.kind === "volume";
  const isPromised = isWanted && seen.entries.some(({ entry }) => entry.delete !== true);
  follow(memory.promisedSince, seen, isPromised);
  if (isPromised) followProgress(seen, memory);
  else memory.progress.delete(seen.name);
  follow(memory.placedSince, seen, isWanted && !isPromised);
  if (!isPromised) memory.forsaken.delete(seen.name);
  if (seen.claim === undefined) attempts.forget(seen.name);
};

/** An agent that is at work on a large volume is not given up, however long that takes. */
const followProgress = (
  { name, now, entries }: SeenVolume,
  { promisedSince, progress }: VolumeEdge["memory"],
): void => {
  for (const { status, entry } of entries) {
    const isAtWork = progressReasons.some((reason) => reason === status?.reason);
    if (entry.delete === true || status === undefined || !isAtWork) continue;
    const sign = JSON.stringify([status.reason, status.wiped, status.message]);
    if (progress.get(name) === sign) continue;
    progress.set(name, sign);
    promisedSince.set(name, now);
  }
};

const follow = (since: Map<string, Moment>, { name, now }: SeenVolume, holds: boolean): void => {
  if (!holds) since.delete(name);
  else if (!since.has(name)) since.set(name, now);
};
