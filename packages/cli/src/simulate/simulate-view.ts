import { keyOf } from "@stowage/api";
import type { Extender, NodeExplanation } from "@stowage/extender";
import { cachedClaims, readCall, readPod } from "@stowage/extender";
import { byName } from "../output/by-name.ts";
import type { Wanted } from "./wanted.ts";

type Simulated = {
  readonly pod: string;
  readonly verdict: "placed" | "anywhere" | "nowhere";
  /** Where the extender sends the pod. */
  readonly node?: string | undefined;
  /** All nodes that can take it, best first; 10 is the most. */
  readonly scores: readonly { readonly node: string; readonly score: number }[];
  /** Why nowhere. */
  readonly reason?: string | undefined;
  readonly nodes: readonly NodeExplanation[];
};

export type SimulateView = {
  readonly pods: readonly Simulated[];
  readonly ignored: readonly string[];
};

/**
 * Where the pods would go, one after another: each counts on the room that those before it took.
 * Claims that exist already are taken as they are.
 */
export const simulateView = (wanted: Wanted, extender: Extender): SimulateView => {
  const { cluster } = extender;
  for (const claim of wanted.claims) {
    const object = cachedClaims.parse({
      ...claim,
      metadata: { ...claim.metadata, uid: `simulated-${claim.metadata.name}` },
      spec: {
        // The API server fills it in when the claim is created.
        storageClassName: cluster.classes.ourDefault()?.storageClass.metadata.name,
        ...claim.spec,
      },
    });
    if (cluster.claim(keyOf(object)) === undefined) cluster.seeClaim({ kind: "seen", object });
  }
  return { pods: wanted.pods.map((pod) => simulate(pod, extender)), ignored: wanted.ignored };
};

const simulate = (wire: Wanted["pods"][number], extender: Extender): Simulated => {
  const pod = readPod(wire);
  const { pod: name, demand, reason, nodes } = extender.explain(pod);
  if (demand === "none") return { pod: name, verdict: "anywhere", scores: [], reason, nodes };
  if (demand === "refused") return { pod: name, verdict: "nowhere", scores: [], reason, nodes };
  const passed = nodes.filter(({ verdict }) => verdict === "passed").map(({ node }) => node);
  const [best, ...others] = scoresOf(wire, passed, extender);
  if (best === undefined) {
    const why = `it fits on none of ${nodes.length} nodes`;
    return { pod: name, verdict: "nowhere", scores: [], reason: why, nodes };
  }
  return { pod: name, verdict: "placed", node: best.node, scores: [best, ...others], nodes };
};

/** As kube-scheduler would ask: the one with the most points gets the room. */
const scoresOf = (
  wire: Wanted["pods"][number],
  names: readonly string[],
  extender: Extender,
): Simulated["scores"] => {
  const body = Buffer.from(JSON.stringify({ Pod: wire, NodeNames: names }));
  const scores = extender.prioritize(readCall(body, extender.cluster.seats));
  return names
    .map((node, index) => ({ node, score: scores[index] ?? 0 }))
    .toSorted((a, b) => b.score - a.score || byName(a.node, b.node));
};
