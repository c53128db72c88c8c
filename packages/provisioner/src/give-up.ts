import type { Claim } from "@stowage/api";
import { nodeLocalStorageName } from "@stowage/api";
import type { Refusal } from "@stowage/capacity";
import { describe } from "@stowage/capacity";
import { seconds } from "@stowage/clock";
import type { VolumeStep, VolumeWish } from "./volume-step.ts";

/** Says why there is no volume. */
export const tell = (claim: Claim, why: string): VolumeStep => ({
  kind: "tell_claim",
  claim,
  about: "provisioning",
  why,
});

export const tellFailure = (wish: VolumeWish, why: string): VolumeStep =>
  tell(wish.claim, `no volume on node ${wish.node}: ${why}`);

/** Nothing of this attempt can come any more: say why, and let the scheduler choose again. */
export const giveUp = (wish: VolumeWish, refusal: Refusal): [VolumeStep, VolumeStep] => [
  tellFailure(wish, describe(refusal)),
  clearNodeOf(wish),
];

/**
 * As giveUp, for all claims of a pod: one that kept its node would hold the pod where the others
 * cannot be.
 */
export const giveUpTogether = (
  wishes: readonly VolumeWish[],
  promised: readonly string[],
  refusal: Refusal,
): VolumeStep[] => [
  ...wishes.flatMap((wish) => giveUp(wish, refusal)),
  ...promised.map((volume): VolumeStep => ({
    kind: "forsake",
    volume,
    why: `another claim of the same pod was refused: ${describe(refusal)}`,
  })),
];

/** Has the node chosen anew: by the scheduler, or by an election when the volume is looked at again. */
export const clearNodeOf = ({ claim, node, parameters, chosenBy }: VolumeWish): VolumeStep =>
  chosenBy === "election"
    ? { kind: "look_again", after: seconds(1) }
    : {
        kind: "clear_selected_node",
        claim,
        node,
        group: nodeLocalStorageName(node, parameters.volumeGroup),
      };
