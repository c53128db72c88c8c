import type { PersistentVolume } from "@stowage/api";
import {
  allowsNode,
  claimUidOf,
  isDeleting,
  nodeLocalStorageName,
  provisionerName,
} from "@stowage/api";
import type { Refusal } from "@stowage/capacity";
import { describe } from "@stowage/capacity";
import type { Milliseconds } from "@stowage/clock";
import { elapsed, milliseconds, minutes, seconds } from "@stowage/clock";
import { lossOf } from "./lost-node.ts";
import type { NodeState, SeenEntry, SeenVolume } from "./seen-volume.ts";
import type { VolumeStep, VolumeWish } from "./volume-step.ts";

/** An agent that is away for less than this is being upgraded, not lost. */
export const agentGrace: Milliseconds = seconds(20);

/** How long a Ready agent may take for a volume before the claim is sent elsewhere. */
export const volumeDeadline: Milliseconds = minutes(2);

/** How often a claim that fits nowhere is looked at again, beside what happens to its groups. */
const electionPeriod: Milliseconds = seconds(15);

/** What to do next for one volume. Pure: the same view gives the same steps. */
export const planVolume = (seen: SeenVolume): VolumeStep[] => {
  const { persistentVolume, wish } = seen;
  if (persistentVolume !== undefined) return planWithPersistentVolume(seen, persistentVolume);
  if (wish.kind === "volume") return planWish(seen, wish);
  if (wish.kind === "anywhere") {
    // Nobody is elected: there is no room anywhere now.
    const why = seen.nowhere ?? "no node was elected";
    return [
      { kind: "tell_claim", claim: wish.claim, why: `no volume: ${why}` },
      { kind: "look_again", after: electionPeriod },
    ];
  }
  const refusal: VolumeStep[] =
    wish.kind === "unsupported" && seen.claim !== undefined
      ? [{ kind: "tell_claim", claim: seen.claim, why: wish.why }]
      : [];
  return [...refusal, ...seen.entries.flatMap(clearAway)];
};

/** Steps that get rid of an entry that nobody wants there, as far as nothing can be lost by it. */
const clearAway = ({ group, entry, status }: SeenEntry): VolumeStep[] => {
  const name = group.metadata.name;
  if (entry.delete === true) {
    return status?.state === "Deleted" ? [{ kind: "drop", group: name, volume: entry.name }] : [];
  }
  // A volume that was handed out may hold data. Only a Released PersistentVolume ends it, never
  // the absence of one: a ledger restored from a backup has no PersistentVolumes yet.
  // An entry without a claim is an admin's own.
  return entry.pending === true && entry.claim !== undefined
    ? [{ kind: "bury", group, entry, ground: "unwanted" }]
    : [];
};

const planWish = (seen: SeenVolume, wish: VolumeWish): VolumeStep[] => {
  const here = seen.entries.find(({ group }) => group.metadata.name === seen.target?.metadata.name);
  const strays = seen.entries.filter((other) => other !== here);
  const tidy = strays.flatMap(clearAway);
  const alive = seen.nodeState(wish.node);
  const absence = absenceOf(alive, wish.node, seen);
  if (here?.entry.delete === true) return [...tidy, ...planBuried(here, wish, absence)];
  if (here !== undefined) return [...tidy, ...planPromised(seen, here, wish, alive, absence)];
  if (absence.kind === "lasting") return [...tidy, ...giveUp(wish, absence.refusal)];
  if (absence.kind === "short") return [...tidy, { kind: "look_again", after: absence.left }];
  // Two logical volumes for one claim may never exist: the one before must be surely gone.
  if (strays.some((stray) => mayStillAppear(stray, seen))) return tidy;
  const refusal = refusalOf(seen, wish, alive);
  if (refusal !== undefined) return [...tidy, ...giveUp(wish, refusal)];
  if (seen.target === undefined) return tidy;
  const { metadata, spec } = wish.claim;
  return [
    ...tidy,
    {
      kind: "reserve",
      group: seen.target.metadata.name,
      wish,
      entry: {
        name: seen.name,
        claim: { namespace: metadata.namespace, name: metadata.name, uid: metadata.uid },
        size: spec.request,
        ...(wish.parameters.wipe === undefined ? {} : { wipe: wish.parameters.wipe }),
        pending: true,
      },
    },
  ];
};

/** The entry is in the ledger and alive: wait for the agent, take its volume, or give up on it. */
const planPromised = (
  seen: SeenVolume,
  here: SeenEntry,
  wish: VolumeWish,
  alive: NodeState,
  absence: Absence,
): VolumeStep[] => {
  const { group, entry, status } = here;
  // What was handed out may hold data, although its PersistentVolume is gone: it is never given up.
  const bury: VolumeStep[] =
    entry.pending === true ? [{ kind: "bury", group, entry, ground: "failed" }] : [];
  if (absence.kind === "lasting" && entry.pending === true) {
    const [tell, clear] = giveUp(wish, absence.refusal);
    return [tell, ...bury, clear];
  }
  if (status?.state === "Ready" && alive.kind === "usable") {
    return [
      { kind: "create_persistent_volume", wish, made: here, hostname: alive.node.hostname },
      { kind: "settle", group: group.metadata.name, volume: entry.name },
    ];
  }
  if (status?.state === "Failed") {
    const why = status.message ?? status.reason ?? "the agent gave no reason";
    return [tellFailure(wish, why), ...bury];
  }
  const waited = elapsed(seen.waitingSince ?? seen.now, seen.now);
  if (waited >= volumeDeadline) {
    const why = `the agent made no volume within ${volumeDeadline / 1000} s`;
    return [tellFailure(wish, why), ...bury];
  }
  const left = volumeDeadline - waited;
  const after = milliseconds(absence.kind === "short" ? Math.min(left, absence.left) : left);
  return [{ kind: "look_again", after }];
};

/** The attempt failed. Only when its volume is surely gone may the scheduler choose again. */
const planBuried = (
  { group, entry, status }: SeenEntry,
  wish: VolumeWish,
  absence: Absence,
): VolumeStep[] => {
  const clear = clearNodeOf(wish);
  if (status?.state === "Deleted") {
    return [{ kind: "drop", group: group.metadata.name, volume: entry.name }, clear];
  }
  // No PersistentVolume is ever made for a tombstone, so a node that cannot answer holds nobody up.
  if (absence.kind === "lasting") return [clear];
  return absence.kind === "short" ? [{ kind: "look_again", after: absence.left }] : [];
};

const planWithPersistentVolume = (seen: SeenVolume, volume: PersistentVolume): VolumeStep[] => {
  const isOurs =
    volume.provisionedBy === provisionerName && volume.claimRef?.uid === claimUidOf(seen.name);
  if (!isOurs || volume.group === undefined) {
    return seen.claim !== undefined && seen.wish.kind === "volume"
      ? [
          tellFailure(
            seen.wish,
            `a PersistentVolume ${seen.name} that is not for it already exists`,
          ),
        ]
      : [];
  }
  const home = seen.entries.find(({ group }) => group.metadata.name === volume.group);
  const tidy = seen.entries.filter((other) => other !== home).flatMap(clearAway);
  return [...tidy, ...planAtHome(seen, volume, volume.group, home)];
};

const planAtHome = (
  seen: SeenVolume,
  volume: PersistentVolume,
  groupName: string,
  home: SeenEntry | undefined,
): VolumeStep[] => {
  const fate = fateOf(volume);
  const drop: VolumeStep = { kind: "drop", group: groupName, volume: seen.name };
  const release: VolumeStep = { kind: "release_finalizer", persistentVolume: volume };
  if (fate === "leave_data") return home === undefined ? [release] : [drop, release];
  const group = home?.group ?? seen.group(groupName);
  const restore: VolumeStep = {
    kind: "restore",
    group: groupName,
    entry: entryFor(seen.name, volume),
  };
  if (fate === "keep") {
    if (group === undefined) return [];
    if (home === undefined) return [restore];
    return home.entry.pending === true
      ? [{ kind: "settle", group: groupName, volume: seen.name }]
      : [];
  }
  const tell = (why: string): VolumeStep[] => [
    { kind: "tell_persistent_volume", persistentVolume: volume, why },
  ];
  if (group === undefined) {
    return tell(
      `NodeLocalStorage ${groupName} no longer exists, so nobody can remove the volume; create it again with the same nodeName and volumeGroup`,
    );
  }
  const remove: VolumeStep[] = [
    { kind: "delete_persistent_volume", persistentVolume: volume },
    release,
  ];
  const loss = lossOf(group, seen.nodeState(group.spec.nodeName));
  if (loss.kind === "confirmed") return home === undefined ? remove : [drop, ...remove];
  if (home === undefined) {
    if (group.status.orphans.some(({ name }) => name === seen.name)) return [restore];
    // The entry may have been dropped so recently that the agent has not reported the orphan yet.
    if (group.status.observedGeneration >= group.metadata.generation) return remove;
    return loss.kind === "unconfirmed" ? tell(loss.why) : [];
  }
  if (home.entry.delete !== true) {
    return [{ kind: "bury", group, entry: home.entry, ground: "released" }];
  }
  if (home.status?.state === "Deleted") return [drop, ...remove];
  if (loss.kind === "unconfirmed") return tell(loss.why);
  return waitsFor(home.status).flatMap(tell);
};

/** What keeps a tombstone waiting: not what was said of the living volume, nor that it is wiped. */
const waitsFor = (status: SeenEntry["status"]): string[] =>
  status?.state === "Deleting" && status.reason !== "Wiping" && status.message !== undefined
    ? [status.message]
    : [];

/** What is to become of a volume's data. */
const fateOf = (volume: PersistentVolume): "keep" | "remove" | "leave_data" => {
  // While it is bound, Kubernetes' own pv-protection keeps a deleted one; so do we.
  if (volume.phase === "Bound") return "keep";
  if (volume.reclaimPolicy === "Delete") {
    return volume.phase === "Released" || isDeleting(volume) ? "remove" : "keep";
  }
  return isDeleting(volume) ? "leave_data" : "keep";
};

const entryFor = (name: string, volume: PersistentVolume): SeenEntry["entry"] => ({
  name,
  size: volume.capacity,
  ...(volume.claimRef === undefined ? {} : { claim: volume.claimRef }),
});

type Absence =
  | { readonly kind: "none" }
  | { readonly kind: "short"; readonly left: Milliseconds }
  | { readonly kind: "lasting"; readonly refusal: Refusal };

const absenceOf = (state: NodeState, node: string, seen: SeenVolume): Absence => {
  if (state.kind === "usable") return { kind: "none" };
  if (state.kind === "gone") return { kind: "lasting", refusal: { code: "node_gone", node } };
  const away = elapsed(state.since, seen.now);
  return away >= agentGrace
    ? { kind: "lasting", refusal: { code: "agent_not_ready", node } }
    : { kind: "short", left: milliseconds(agentGrace - away) };
};

const mayStillAppear = ({ group, entry, status }: SeenEntry, seen: SeenVolume): boolean =>
  !(entry.delete === true && status?.state === "Deleted") &&
  absenceOf(seen.nodeState(group.spec.nodeName), group.spec.nodeName, seen).kind === "none";

const refusalOf = (seen: SeenVolume, wish: VolumeWish, alive: NodeState): Refusal | undefined => {
  if (alive.kind === "usable" && !allowsNode(wish.storageClass, alive.node.metadata.labels)) {
    return { code: "topology", storageClass: wish.storageClass.metadata.name };
  }
  return seen.target === undefined
    ? { code: "no_group", volumeGroup: wish.parameters.volumeGroup }
    : undefined;
};

const tellFailure = (wish: VolumeWish, why: string): VolumeStep => ({
  kind: "tell_claim",
  claim: wish.claim,
  why: `no volume on node ${wish.node}: ${why}`,
});

/** Nothing of this attempt can come any more: say why, and let the scheduler choose again. */
export const giveUp = (wish: VolumeWish, refusal: Refusal): [VolumeStep, VolumeStep] => [
  tellFailure(wish, describe(refusal)),
  clearNodeOf(wish),
];

/** Has the node chosen anew: by the scheduler, or by an election when the volume is looked at again. */
const clearNodeOf = ({ claim, node, parameters, chosenBy }: VolumeWish): VolumeStep =>
  chosenBy === "election"
    ? { kind: "look_again", after: seconds(1) }
    : {
        kind: "clear_selected_node",
        claim,
        node,
        group: nodeLocalStorageName(node, parameters.volumeGroup),
      };
