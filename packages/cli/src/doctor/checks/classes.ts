import type { ClassParameters, Node, NodeLocalStorage, StorageClass } from "@stowage/api";
import { parseClassParameters, provisionerName } from "@stowage/api";
import type { Finding } from "../finding.ts";
import { check } from "../finding.ts";

export const classesAreUsable = check(
  "StorageClasses are usable",
  ["classes", "groups", "nodes"],
  ({ classes, groups, nodes }) =>
    classes
      .filter(({ provisioner }) => provisioner === provisionerName)
      .flatMap((storageClass) => findingsOf(storageClass, groups, nodes)),
);

const findingsOf = (
  storageClass: StorageClass,
  groups: readonly NodeLocalStorage[],
  nodes: readonly Node[],
): Finding[] => {
  const about = `StorageClass ${storageClass.metadata.name}`;
  const reading = parseClassParameters(storageClass);
  if (reading.kind === "invalid") {
    return [
      {
        code: "class_invalid",
        severity: "error",
        about,
        message: `its parameters are invalid: ${reading.problem}`,
        remedy: "delete it and create it anew with parameters of docs/storage-class.md",
      },
    ];
  }
  const { parameters } = reading;
  return [...absentNodes(about, parameters, nodes), ...absentGroup(about, parameters, groups)];
};

const absentNodes = (
  about: string,
  { nodes: named }: ClassParameters,
  nodes: readonly Node[],
): Finding[] => {
  const existing = new Set(nodes.map(({ metadata }) => metadata.name));
  return named
    .filter(({ node }) => !existing.has(node))
    .map(({ node }) => ({
      code: "class_names_absent_node",
      severity: "warning",
      about,
      message: `names node ${node}, which does not exist`,
      remedy: "take the node out of its parameter nodes: delete the class and create it anew",
    }));
};

const absentGroup = (
  about: string,
  { volumeGroup }: ClassParameters,
  groups: readonly NodeLocalStorage[],
): Finding[] =>
  groups.some(({ spec }) => spec.volumeGroup === volumeGroup)
    ? []
    : [
        {
          code: "class_without_group",
          severity: "error",
          about,
          message: `no node has volume group ${volumeGroup}`,
          remedy:
            "name devices in its parameter nodes, or create a NodeLocalStorage for each node that has the group",
        },
      ];
