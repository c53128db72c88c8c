import type { ClassParameters, NodeLocalStorage, StorageClass } from "@stowage/api";
import { allowsNode, groupOf } from "@stowage/api";
import type { Bytes, Fit, Refusal } from "@stowage/capacity";
import { describe, fit } from "@stowage/capacity";
import type { NodeState } from "./seen-volume.ts";

export type Election =
  | { readonly kind: "elected"; readonly node: string }
  | { readonly kind: "nowhere"; readonly why: string };

/** Reasons of so many nodes fit into an event that people still read. */
const reasonsShown = 5;

/**
 * The node for a claim of an Immediate class, for which no scheduler chooses: by the same fit and
 * the same placement (spread or binpack) as everywhere else. Equals go by name.
 */
export const electNode = (asked: {
  readonly request: Bytes;
  readonly storageClass: StorageClass;
  readonly parameters: ClassParameters;
  readonly groups: Iterable<NodeLocalStorage>;
  readonly nodeState: (node: string) => NodeState;
}): Election => {
  const { parameters, storageClass, request } = asked;
  const refused: string[] = [];
  const passed: { readonly node: string; readonly left: number }[] = [];
  for (const object of asked.groups) {
    if (object.spec.volumeGroup !== parameters.volumeGroup) continue;
    const node = object.spec.nodeName;
    const refusal = refusalOfNode(asked.nodeState(node), node, storageClass);
    const group = groupOf(object);
    const answer: Fit =
      refusal === undefined ? fit(group, [request]) : { kind: "refused", refusal };
    if (answer.kind === "refused") refused.push(`${node}: ${describe(answer.refusal)}`);
    else passed.push({ node, left: group.size === 0 ? 0 : answer.freeAfter / group.size });
  }
  const direction = parameters.placement === "binpack" ? 1 : -1;
  const best = passed.toSorted(
    (a, b) => direction * (a.left - b.left) || a.node.localeCompare(b.node),
  )[0];
  if (best !== undefined) return { kind: "elected", node: best.node };
  if (refused.length === 0) {
    return { kind: "nowhere", why: `no node has a volume group ${parameters.volumeGroup}` };
  }
  const shown = refused.toSorted().slice(0, reasonsShown);
  const more = refused.length - shown.length;
  return {
    kind: "nowhere",
    why: `${shown.join("; ")}${more > 0 ? `; and ${more} more nodes` : ""}`,
  };
};

/** Why no volume of the class can be had on a node, whatever room there is. */
export const refusalOfNode = (
  state: NodeState,
  node: string,
  storageClass: StorageClass,
): Refusal | undefined => {
  if (state.kind === "gone") return { code: "node_gone", node };
  if (state.kind === "agent_not_ready") return { code: "agent_not_ready", node };
  return allowsNode(storageClass, state.node.metadata.labels)
    ? undefined
    : { code: "topology", storageClass: storageClass.metadata.name };
};
