import { show, showNeed, sum } from "@stowage/capacity";
import type { NodeExplanation } from "@stowage/extender";
import type { Cell, Paint } from "../output/table.ts";
import { none, table } from "../output/table.ts";

type Arithmetic = NodeExplanation["groups"][number];

/** For each node and group what is needed and what is free, and how that comes about. */
export const nodeTable = (nodes: readonly NodeExplanation[], paint: Paint): string =>
  table(
    ["node", "fits", "group", "allocatable", "reserved", "held", "free", "needs", "reason"],
    nodes.flatMap(rowsOf),
    paint,
  );

const rowsOf = (node: NodeExplanation): Cell[][] => {
  const [first = noNumbers, ...others] = node.groups.map(numbers);
  return [
    [node.node, fits(node), ...first, node.reason ?? ""],
    ...others.map((more) => ["", ""].concat(more, "")),
  ];
};

/** Of a node that is told of although the pod needs room in no group. */
const noNumbers = Array.from({ length: 6 }, () => none);

const fits = ({ verdict }: NodeExplanation): Cell =>
  verdict === "passed" ? { text: "yes", style: "green" } : { text: "no", style: "red" };

const numbers = (group: Arithmetic): string[] => {
  if (!group.exists) return [group.volumeGroup, none, none, none, none, none];
  const { reserved, held } = group;
  return [
    group.volumeGroup,
    show(group.allocatable),
    `${showNeed(reserved.size)} (${reserved.volumes})`,
    `${showNeed(sum(held.map(({ size }) => size)))} (${held.length})`,
    show(group.free),
    `${showNeed(sum(group.needs.map(({ takes }) => takes)))} (${group.needs.length})`,
  ];
};

export const nodeLegend =
  "free = allocatable - reserved (volumes in spec.volumes) - held (claims on their way); the number of volumes in brackets";
