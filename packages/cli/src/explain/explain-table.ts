import { showNeed } from "@stowage/capacity";
import type { Paint } from "../output/table.ts";
import { none, table } from "../output/table.ts";
import type { ExplainView } from "./explain-view.ts";
import { nodeLegend, nodeTable } from "./node-table.ts";

export const explainTable = (view: ExplainView, paint: Paint): string =>
  [
    view.verdict,
    ...(view.claims.length === 0 ? [] : [claimTable(view, paint)]),
    ...(view.nodes.length === 0 ? [] : [`${nodeTable(view.nodes, paint)}\n${nodeLegend}`]),
    ...(view.events.length === 0 ? [] : [eventLines(view)]),
  ].join("\n\n");

const claimTable = ({ claims }: ExplainView, paint: Paint): string =>
  table(
    ["claim", "class", "size", "state", ""],
    claims.map(({ claim, storageClass, size, state, words }) => [
      claim,
      storageClass ?? none,
      size === undefined ? none : showNeed(size),
      state,
      words,
    ]),
    paint,
  );

const eventLines = ({ events }: ExplainView): string =>
  events.map(({ about, reason, message }) => `${about}: ${reason}: ${message}`).join("\n");
