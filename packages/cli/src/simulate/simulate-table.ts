import { nodeLegend, nodeTable } from "../explain/node-table.ts";
import type { Cell, Paint } from "../output/table.ts";
import { none, table } from "../output/table.ts";
import type { SimulateView } from "./simulate-view.ts";

type Simulated = SimulateView["pods"][number];

export const simulateTable = ({ pods, ignored }: SimulateView, paint: Paint): string => {
  const [only, ...others] = pods;
  // With many pods, what is worth a look is the first for which there is no room.
  const shown = others.length === 0 ? only : pods.find(({ verdict }) => verdict === "nowhere");
  return [
    table(["pod", "node", "other nodes", "reason"], pods.map(row), paint),
    ...(shown === undefined || shown.nodes.length === 0
      ? []
      : [`Nodes for ${shown.pod}:\n${nodeTable(shown.nodes, paint)}\n${nodeLegend}`]),
    "Judged by volumes alone: CPU, memory, taints and affinity are kube-scheduler's to judge.",
    ...(ignored.length === 0 ? [] : [`Ignored: ${ignored.join(", ")}`]),
  ].join("\n\n");
};

const row = ({ pod, verdict, node, scores, reason }: Simulated): Cell[] => [
  pod,
  verdict === "nowhere" ? { text: "nowhere", style: "red" } : (node ?? "any"),
  scores
    .slice(1)
    .map((other) => `${other.node} (${other.score})`)
    .join(", ") || none,
  reason ?? "",
];
