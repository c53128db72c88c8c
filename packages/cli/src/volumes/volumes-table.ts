import { show, showNeed } from "@stowage/capacity";
import type { Cell, Paint } from "../output/table.ts";
import { none, table } from "../output/table.ts";
import type { VolumesView } from "./volumes-view.ts";

type Row = VolumesView["volumes"][number];

/** @param scope whether rows may be of several namespaces. */
export const volumesTable =
  (scope: "one_namespace" | "all_namespaces") =>
  ({ volumes }: VolumesView, paint: Paint): string => {
    if (volumes.length === 0) {
      return scope === "all_namespaces"
        ? "No volumes."
        : "No volumes in the namespace; -A shows those of all namespaces.";
    }
    const isWide = scope === "all_namespaces";
    const headers = ["claim", "pod", "node", "group", "size", "used", "state", "volume"];
    const rows = volumes.map((row) => [...(isWide ? [row.namespace || none] : []), ...cells(row)]);
    return [
      table(isWide ? ["namespace", ...headers] : headers, rows, paint),
      ...notes(volumes),
    ].join("\n\n");
  };

const cells = (row: Row): Cell[] => [
  row.claim || none,
  row.pods.join(",") || none,
  row.node ?? none,
  row.group ?? none,
  show(row.size),
  usedOf(row),
  row.state === "Failed" ? { text: row.state, style: "red" } : row.state,
  row.volume ?? none,
];

const usedOf = ({ used, usable }: Row): string => {
  if (used === undefined || usable === undefined) return none;
  const share = usable === 0 ? 0 : Math.ceil((used / usable) * 100);
  return `${showNeed(used)} (${share}%)`;
};

const notes = (volumes: readonly Row[]): string[] => {
  const lines = volumes.flatMap(({ namespace, claim, volume, state, reason, message, remedy }) => {
    if (message === undefined || message === "") return [];
    const name = claim === "" ? (volume ?? "") : `${namespace}/${claim}`;
    // What goes on by itself needs nobody.
    const after = state === "Failed" && remedy !== undefined ? ` (${remedy})` : "";
    return [`${name}: ${reason === undefined ? "" : `${reason}: `}${message}${after}`];
  });
  return lines.length === 0 ? [] : [lines.join("\n")];
};
