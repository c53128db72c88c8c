import { volumeNameOf } from "@stowage/api";
import { describe, showNeed } from "@stowage/capacity";
import { giveUpTogether } from "./give-up.ts";
import type { Hands, Onward } from "./hands.ts";
import { aloneWith } from "./hands.ts";
import { regardingClaim } from "./regarding.ts";
import { isGivenUp, stillStands } from "./selected-node.ts";
import type { VolumeStep } from "./volume-step.ts";

/**
 * Promises room to a claim and to those of its pod's other claims that lie in the same group.
 * @param giveUp takes a step of giving a claim up, when there is no room.
 */
export const reserveRoom = async (
  step: Extract<VolumeStep, { kind: "reserve" }>,
  hands: Hands,
  giveUp: (step: VolumeStep) => Promise<unknown>,
): Promise<Onward> => {
  const { ledger, events, metrics, log, attempts } = hands;
  const { group, entries, wishes, promised } = step;
  const names = new Set(entries.map(({ name }) => name));
  const outcome = await aloneWith([...names], hands, async () => {
    const wanting = wishes.filter(({ claim }) => names.has(volumeNameOf(claim.metadata.uid)));
    const stand = await Promise.all(wanting.map((wish) => stillStands(wish, hands)));
    return stand.includes(false)
      ? ("moved on" as const)
      : ledger.change(group, { kind: "reserve", entries });
  });
  if (outcome === "busy" || outcome === "moved on" || outcome.kind === "kept") return "look_again";
  if (outcome.kind === "refused") {
    for (const next of giveUpTogether(wishes, promised, outcome.refusal)) {
      // A companion was promised its room in the meantime: its own plan has to undo that.
      if (next.kind === "clear_selected_node" && !(await isGivenUp(next, hands))) {
        hands.forsake(volumeNameOf(next.claim.metadata.uid), describe(outcome.refusal));
      } else await giveUp(next);
    }
    // No scheduler brings back a claim whose node was elected.
    return wishes.some(({ chosenBy }) => chosenBy === "election") ? "look_again" : "stop";
  }
  // What had its entry already may be another leader's, and given up by now.
  if (outcome.kind === "reserved") for (const name of outcome.added) attempts.promise(name);
  for (const { name, size } of entries) {
    metrics.begin(name);
    log.debug({ volume: name, group, bytes: size }, "room reserved");
  }
  for (const { claim, node } of wishes) {
    if (!names.has(volumeNameOf(claim.metadata.uid))) continue;
    events.emit(regardingClaim(claim.metadata), {
      type: "Normal",
      reason: "Provisioning",
      message: `Making a volume of ${showNeed(claim.spec.request)} on node ${node}`,
    });
  }
  return "go_on";
};
