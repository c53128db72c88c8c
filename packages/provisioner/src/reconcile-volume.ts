import type { Claim } from "@stowage/api";
import { claimUidOf, nodeLocalStorageName } from "@stowage/api";
import type { Clock, Instant } from "@stowage/clock";
import type { Next } from "@stowage/kube";
import { again, done } from "@stowage/kube";
import type { Caches } from "./caches.ts";
import type { Hands } from "./carry-out.ts";
import { carryOut } from "./carry-out.ts";
import { electNode } from "./elect-node.ts";
import type { NodeStates } from "./node-states.ts";
import { planVolume } from "./plan-volume.ts";
import type { SeenEntry, SeenVolume } from "./seen-volume.ts";
import type { VolumeIndex } from "./volume-index.ts";
import type { Wish } from "./wish.ts";
import { wishOf } from "./wish.ts";

export type VolumeEdge = Hands & {
  readonly clock: Clock;
  readonly caches: Caches;
  readonly index: VolumeIndex;
  readonly nodeStates: NodeStates;
  readonly claimByUid: (uid: string) => Claim | undefined;
  /** Since when each promised volume has been waited for: all that is lost by a restart. */
  readonly waits: Map<string, Instant>;
};

/** Brings one volume, `pvc-<uid>`, a step on: look, decide once, act. */
export const reconcileVolume = async (
  name: string,
  edge: VolumeEdge,
  signal: AbortSignal,
): Promise<Next> => {
  const seen = see(name, edge);
  rememberWait(seen, edge);
  let next: Next = done;
  for (const step of planVolume(seen)) {
    // A leader that was paused and has lost its lease meanwhile takes no further step.
    signal.throwIfAborted();
    if (step.kind === "look_again") next = again(step.after);
    else if ((await carryOut(step, edge)) === "stop") break;
  }
  return next;
};

const see = (name: string, edge: VolumeEdge): SeenVolume => {
  const { caches, ledger } = edge;
  const uid = claimUidOf(name);
  const claim = uid === undefined ? undefined : edge.claimByUid(uid);
  const className = claim?.spec.storageClassName;
  const entries = entriesOf(name, edge);
  const { wish, nowhere } = withNode(
    wishOf(claim, className === undefined ? undefined : caches.storageClasses.get(className)),
    entries,
    edge,
  );
  const target =
    wish.kind === "volume"
      ? ledger.get(nodeLocalStorageName(wish.node, wish.parameters.volumeGroup))
      : undefined;
  return {
    name,
    now: edge.clock.now(),
    claim,
    wish,
    nowhere,
    persistentVolume: caches.persistentVolumes.get(name),
    entries,
    target,
    nodeState: (node) => edge.nodeStates.of(node),
    group: (group) => ledger.get(group),
    waitingSince: edge.waits.get(name),
  };
};

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
  [...index.groupsOf(name)].flatMap((groupName) => {
    const group = ledger.get(groupName);
    const entry = group?.spec.volumes.find((candidate) => candidate.name === name);
    if (group === undefined || entry === undefined) return [];
    return [{ group, entry, status: group.status.volumes.find((state) => state.name === name) }];
  });

const rememberWait = (seen: SeenVolume, { waits }: VolumeEdge): void => {
  const isPromised =
    seen.wish.kind === "volume" && seen.entries.some(({ entry }) => entry.delete !== true);
  if (!isPromised) waits.delete(seen.name);
  else if (seen.waitingSince === undefined) waits.set(seen.name, seen.now);
};
