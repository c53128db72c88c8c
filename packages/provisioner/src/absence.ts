import type { Refusal } from "@stowage/capacity";
import type { Milliseconds } from "@stowage/clock";
import { elapsed, milliseconds, seconds } from "@stowage/clock";
import type { NodeState, SeenVolume } from "./seen-volume.ts";

/** An agent that is away for less than this is being upgraded, not lost. */
export const agentGrace: Milliseconds = seconds(20);

/** Whether a node's agent can be expected to do what its objects say. */
export type Absence =
  | { readonly kind: "none" }
  | { readonly kind: "short"; readonly left: Milliseconds }
  | { readonly kind: "lasting"; readonly refusal: Refusal };

export const absenceOf = (
  state: NodeState,
  node: string,
  seen: Pick<SeenVolume, "now">,
): Absence => {
  if (state.kind === "usable") return { kind: "none" };
  if (state.kind === "gone") return { kind: "lasting", refusal: { code: "node_gone", node } };
  const away = elapsed(state.since, seen.now);
  return away >= agentGrace
    ? { kind: "lasting", refusal: { code: "agent_not_ready", node } }
    : { kind: "short", left: milliseconds(agentGrace - away) };
};
