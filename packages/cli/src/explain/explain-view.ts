import type { Claim, NodeLocalStorage, StorageClass } from "@stowage/api";
import type { AskedPod, Explanation, NodeExplanation } from "@stowage/extender";
import { byName } from "../output/by-name.ts";
import type { EventRead } from "../resources.ts";
import type { ClaimState } from "./claim-states.ts";
import { claimStates } from "./claim-states.ts";

type Told = { readonly about: string; readonly reason: string; readonly message: string };

export type ExplainView = {
  readonly pod: string;
  /** The node that the pod is on; absent while it waits. */
  readonly node?: string | undefined;
  /** The answer in one sentence. */
  readonly verdict: string;
  readonly claims: readonly ClaimState[];
  /** As the extender tells kube-scheduler; those that fit first. Sizes in bytes. */
  readonly nodes: readonly NodeExplanation[];
  /** The newest event of each reason on the pod and on its claims. */
  readonly events: readonly Told[];
};

export type ExplainSeen = {
  readonly pod: AskedPod;
  readonly node: string | undefined;
  /** Of the extender's own code. */
  readonly explanation: Explanation;
  readonly groups: readonly NodeLocalStorage[];
  readonly claims: readonly Claim[];
  readonly classes: readonly StorageClass[];
  /** Of the pod's namespace, oldest first. */
  readonly events: readonly EventRead[];
};

/** Why a pod waits, or that it does not. */
export const explainView = (seen: ExplainSeen): ExplainView => {
  const { pod, node, explanation } = seen;
  const claims = claimStates(pod, { ...seen, adopted: explanation.adopted });
  const nodes = explanation.nodes.toSorted(
    (a, b) => order(a.verdict) - order(b.verdict) || byName(a.node, b.node),
  );
  return {
    pod: explanation.pod,
    node,
    verdict: verdictOf(explanation, node, claims),
    claims,
    nodes,
    events: eventsAbout(seen, claims),
  };
};

const order = (verdict: NodeExplanation["verdict"]): number => (verdict === "passed" ? 0 : 1);

const verdictOf = (
  { pod, demand, reason, nodes }: Explanation,
  node: string | undefined,
  claims: readonly ClaimState[],
): string => {
  if (node !== undefined) {
    const held = claims.filter(({ state }) => state !== "bound");
    return held.length === 0
      ? `Pod ${pod} is on node ${node} and waits for nothing of Stowage's.`
      : `Pod ${pod} is on node ${node}, and these claims are not bound yet: ${held.map(({ claim }) => claim).join(", ")}.`;
  }
  if (demand === "refused") return `Pod ${pod} can go nowhere: ${reason ?? ""}.`;
  if (demand === "none") {
    const missing = claims.filter(({ state }) => state === "missing");
    return missing.length > 0
      ? `Pod ${pod} waits for claims that do not exist: ${missing.map(({ claim }) => claim).join(", ")}.`
      : `Pod ${pod} has no claim that needs a place of Stowage's; what it waits for is in the events.`;
  }
  const passed = nodes.filter(({ verdict }) => verdict === "passed");
  if (passed.length === 0)
    return `Pod ${pod} fits on none of ${nodes.length} nodes: ${reasons(nodes)}.`;
  return `Pod ${pod} fits on ${passed.length} of ${nodes.length} nodes by its volumes; if it waits all the same, the events say for what.`;
};

/** Equal reasons put together, as kube-scheduler's event has them. */
const reasons = (nodes: readonly NodeExplanation[]): string => {
  const counts = new Map<string, number>();
  for (const { reason = "" } of nodes) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count} ${reason}`).join(", ");
};

const eventsAbout = ({ pod, events }: ExplainSeen, claims: readonly ClaimState[]): Told[] => {
  const ofClaims = new Set(claims.map(({ claim }) => claim));
  const newest = new Map<string, Told>();
  for (const { involvedObject: about, reason, message } of events) {
    const isOfPod = about.kind === "Pod" && about.name === pod.name;
    const isOfClaim = about.kind === "PersistentVolumeClaim" && ofClaims.has(about.name);
    if (!isOfPod && !isOfClaim) continue;
    const told = {
      about: `${about.kind} ${about.name}`,
      reason: reason ?? "",
      message: message ?? "",
    };
    const key = `${told.about} ${told.reason}`;
    // Later ones come later in the list, also where they replace an earlier one.
    newest.delete(key);
    newest.set(key, told);
  }
  return [...newest.values()];
};
