import { show, showNeed } from "@stowage/capacity";
import { bar } from "../output/bar.ts";
import type { Cell, Paint } from "../output/table.ts";
import { none, table } from "../output/table.ts";
import type { StatusView } from "./status-view.ts";

type Group = StatusView["groups"][number];

export const statusTable = ({ programs, groups }: StatusView, paint: Paint): string => {
  const parts = [
    table(
      ["program", "ready", "version"],
      programs.map(({ program, ready, pods, versions }) => [
        program,
        marked(`${ready}/${pods}`, ready === pods && pods > 0 ? "fine" : "wrong"),
        versions.join(", ") || none,
      ]),
      paint,
    ),
    groups.length === 0
      ? "No NodeLocalStorage: write a StorageClass with the parameter nodes, or NodeLocalStorages."
      : table(
          [
            "node",
            "group",
            "ready",
            "devices",
            "volumes",
            "size",
            "used",
            "reserved",
            "free",
            "pressure",
            "# used + reserved . free",
          ],
          groups.map(row),
          paint,
        ),
    ...notes(groups),
  ];
  return parts.join("\n\n");
};

const marked = (text: string, state: "fine" | "worth a look" | "wrong"): Cell => {
  if (state === "fine") return text;
  return { text, style: state === "wrong" ? "red" : "yellow" };
};

const row = (group: Group): Cell[] => {
  const { ready, cordoned, devices, used, reserved, free, pressure } = group;
  return [
    group.node,
    group.group,
    marked(cordoned ? `${ready},cordoned` : ready, ready === "True" ? "fine" : "wrong"),
    `${devices.inUse}/${devices.all}`,
    `${group.volumes}`,
    show(group.size),
    showNeed(used),
    showNeed(reserved),
    show(free),
    marked(`${pressure}%`, pressure > 100 ? "wrong" : pressure >= 90 ? "worth a look" : "fine"),
    `[${bar({ used, reserved, free })}]`,
  ];
};

const notes = (groups: readonly Group[]): string[] => {
  const lines = groups.flatMap((group) => {
    const name = `${group.node} ${group.group}`;
    const unready =
      group.message === ""
        ? []
        : [`${name}: ${group.reason}: ${group.message}${after(group.remedy)}`];
    const orphans =
      group.orphans === 0
        ? []
        : [
            `${name}: ${group.orphans} orphan${group.orphans === 1 ? "" : "s"}; see kubectl stowage orphans`,
          ];
    return [...unready, ...orphans];
  });
  return lines.length === 0 ? [] : [lines.join("\n")];
};

const after = (remedy: string): string => (remedy === "" ? "" : ` (${remedy})`);
