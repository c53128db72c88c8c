import type { NodeLocalStorage } from "@stowage/api";
import { allowsNode, groupOf } from "@stowage/api";
import type { Refusal } from "@stowage/capacity";
import { describe, fit } from "@stowage/capacity";
import type { Milliseconds } from "@stowage/clock";
import { elapsed, milliseconds, minutes, seconds } from "@stowage/clock";
import type { Absence } from "./absence.ts";
import { absenceOf } from "./absence.ts";
import { placedOf, refusalElsewhere } from "./companion.ts";
import { entryOf } from "./entry-of.ts";
import { clearNodeOf, giveUp, giveUpTogether, tell, tellFailure } from "./give-up.ts";
import { planHandedOut } from "./plan-handed-out.ts";
import type { NodeState, SeenEntry, SeenVolume } from "./seen-volume.ts";
import { clearAway, clearAwayAs, mayStillAppear, waitsFor } from "./tombstone.ts";
import type { VolumeStep, VolumeWish } from "./volume-step.ts";
import type { Wish } from "./wish.ts";

/**
 * How long a Ready agent may be without a sign of progress on a volume before the claim is sent
 * elsewhere: zeroing a large one, or mkfs on it, may take hours in all.
 */
export const volumeDeadline: Milliseconds = minutes(2);

/** How often a claim that fits nowhere is looked at again, beside what happens to its groups. */
const electionPeriod: Milliseconds = seconds(15);

/** How long the claims of one pod wait for each other to be placed: the scheduler takes no longer. */
export const companionGrace: Milliseconds = seconds(2);

/** What to do next for one volume. Pure: the same view gives the same steps. */
export const planVolume = (seen: SeenVolume): VolumeStep[] => {
  const { persistentVolume, wish } = seen;
  if (persistentVolume !== undefined) return planHandedOut(seen, persistentVolume);
  if (wish.kind === "volume") return planWish(seen, wish);
  if (wish.kind === "pinned") return planPinned(seen, wish);
  if (wish.kind === "anywhere") {
    // Nobody is elected: there is no room anywhere now.
    const why = seen.nowhere ?? "no node was elected";
    return [tell(wish.claim, `no volume: ${why}`), { kind: "look_again", after: electionPeriod }];
  }
  return [...refuse(seen), ...seen.entries.flatMap(clearAway)];
};

/** The pod of a claim that asks for what there is not goes back to the scheduler, with pauses. */
const refuse = ({ claim, wish, pause }: SeenVolume): VolumeStep[] => {
  if (wish.kind !== "unsupported" || claim === undefined) return [];
  if (claim.selectedNode === undefined) return [tell(claim, wish.why)];
  return pause > 0
    ? [{ kind: "look_again", after: pause }]
    : [
        tell(claim, wish.why),
        { kind: "clear_selected_node", claim, node: claim.selectedNode, group: undefined },
      ];
};

/** Writes the node that the pod names, once it is sure that the volume can be had there. */
const planPinned = (seen: SeenVolume, wish: Extract<Wish, { kind: "pinned" }>): VolumeStep[] => {
  const { claim, node } = wish;
  const tidy = seen.entries.flatMap(clearAway);
  if (seen.pause > 0) return [...tidy, { kind: "look_again", after: seen.pause }];
  const alive = seen.nodeState(node);
  const absence = absenceOf(alive, node, seen);
  if (absence.kind === "short") return [...tidy, { kind: "look_again", after: absence.left }];
  if (seen.entries.some((stray) => mayStillAppear(stray, seen))) return tidy;
  const refusal =
    absence.kind === "lasting"
      ? absence.refusal
      : (refusalOf(seen, wish, alive) ?? refusalOfRoom(seen, wish));
  if (refusal === undefined) return [...tidy, { kind: "select_node", claim, node }];
  const why = `no volume on node ${node}, which the claim's pod names in spec.nodeName: ${describe(refusal)}`;
  return [...tidy, tell(claim, why), { kind: "look_again", after: electionPeriod }];
};

const refusalOfRoom = ({ target }: SeenVolume, { claim }: Placeable): Refusal | undefined => {
  if (target === undefined) return undefined;
  const answer = fit(groupOf(target), [claim.spec.request]);
  return answer.kind === "refused" ? answer.refusal : undefined;
};

type Placeable = Extract<Wish, { kind: "volume" | "pinned" }>;

const planWish = (seen: SeenVolume, wish: VolumeWish): VolumeStep[] => {
  const here = seen.entries.find(({ group }) => group.metadata.name === seen.target?.metadata.name);
  const strays = seen.entries.filter((other) => other !== here);
  // An elected node is that of an entry, if there is one: any other entry is one too many.
  const ground = wish.chosenBy === "election" ? "elsewhere" : "unwanted";
  const tidy = strays.flatMap((stray) => clearAwayAs(stray, ground));
  const alive = seen.nodeState(wish.node);
  const absence = absenceOf(alive, wish.node, seen);
  if (here?.entry.delete === true) return [...tidy, ...planBuried(here, wish, absence)];
  if (here !== undefined) return [...tidy, ...planPromised(seen, here, wish, alive, absence)];
  if (seen.pause > 0) return [...tidy, { kind: "look_again", after: seen.pause }];
  if (absence.kind === "lasting") return [...tidy, ...giveUpAll(seen, wish, absence.refusal)];
  if (absence.kind === "short") return [...tidy, { kind: "look_again", after: absence.left }];
  // Two logical volumes for one claim may never exist: the one before must be surely gone.
  if (strays.some((stray) => mayStillAppear(stray, seen))) return tidy;
  const refusal = refusalOf(seen, wish, alive);
  if (refusal !== undefined) return [...tidy, ...giveUpAll(seen, wish, refusal)];
  return seen.target === undefined ? tidy : [...tidy, ...planReservation(seen, wish, seen.target)];
};

/** Room for the claim and for those of its pod's other claims that lie in the same group. */
const planReservation = (
  seen: SeenVolume,
  wish: VolumeWish,
  target: NodeLocalStorage,
): VolumeStep[] => {
  const entry = entryOf(wish);
  const group = target.metadata.name;
  // Its logical volume is there and only the entry was taken out: that takes no new room.
  if (target.status.orphans.some(({ name }) => name === seen.name)) {
    return [{ kind: "restore", group, entry, wish }];
  }
  const waited = elapsed(seen.placedSince ?? seen.now, seen.now);
  if (seen.companions.some(({ kind }) => kind === "unplaced") && waited < companionGrace) {
    return [{ kind: "look_again", after: milliseconds(companionGrace - waited) }];
  }
  const elsewhere = refusalElsewhere(seen.companions, target);
  if (elsewhere !== undefined) return giveUpAll(seen, wish, elsewhere);
  const companions = placedOf(seen.companions);
  const here = companions.filter((companion) => companion.group?.metadata.name === group);
  return [
    {
      kind: "reserve",
      group,
      entries: [entry, ...here.map((companion) => companion.entry)],
      wishes: [wish, ...companions.map((companion) => companion.wish)],
      promised: promisedOf(seen),
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
    const [telling, clearing] = giveUp(wish, absence.refusal);
    return [telling, ...bury, clearing];
  }
  if (seen.forsaken !== undefined && entry.pending === true) {
    return [tellFailure(wish, seen.forsaken), ...bury];
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
    const why = `the agent made no ${status?.reason === undefined ? "volume" : "progress on the volume"} within ${volumeDeadline / 1000} s${status?.message === undefined ? "" : `: ${status.message}`}`;
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
    const { name } = group.metadata;
    return [{ kind: "drop", group: name, volume: entry.name, of: "tombstone" }, clear];
  }
  // No PersistentVolume is ever made for a tombstone, so a node that cannot answer holds nobody up.
  if (absence.kind === "lasting") return [clear];
  if (absence.kind === "short") return [{ kind: "look_again", after: absence.left }];
  return waitsFor(status).map((why): VolumeStep => ({
    kind: "tell_claim",
    claim: wish.claim,
    about: "cleanup",
    why: `the volume of an attempt that failed is still on node ${wish.node}: ${why}`,
  }));
};

const refusalOf = (seen: SeenVolume, wish: Placeable, alive: NodeState): Refusal | undefined => {
  if (alive.kind === "usable" && !allowsNode(wish.storageClass, alive.node.metadata.labels)) {
    return { code: "topology", storageClass: wish.storageClass.metadata.name };
  }
  return seen.target === undefined
    ? { code: "no_group", volumeGroup: wish.parameters.volumeGroup }
    : undefined;
};

const giveUpAll = (seen: SeenVolume, wish: VolumeWish, refusal: Refusal): VolumeStep[] =>
  giveUpTogether(
    [wish, ...placedOf(seen.companions).map((companion) => companion.wish)],
    promisedOf(seen),
    refusal,
  );

const promisedOf = ({ companions }: SeenVolume): string[] =>
  companions.flatMap((companion) => (companion.kind === "promised" ? [companion.volume] : []));
