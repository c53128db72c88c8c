import type { Claim, NodeLocalStorage, StorageClass } from "@stowage/api";
import { ephemeralClaimName, keyOf, provisionerName, volumeNameOf } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import type { AskedPod, Explanation } from "@stowage/extender";

/** How far one claim of a pod has come; docs/claim-life.md has the same words. */
export type ClaimState = {
  readonly claim: string;
  readonly storageClass?: string | undefined;
  readonly size?: Bytes | undefined;
  readonly state: "missing" | "not ours" | "created" | "placed" | "promised" | "made" | "bound";
  readonly node?: string | undefined;
  /** What holds it up, or where it is; in words. */
  readonly words: string;
};

type Known = {
  readonly groups: readonly NodeLocalStorage[];
  readonly claims: readonly Claim[];
  readonly classes: readonly StorageClass[];
  readonly adopted: Explanation["adopted"];
};

/** Every claim that the pod names, in its order. */
export const claimStates = (pod: AskedPod, known: Known): ClaimState[] =>
  pod.volumes.map((volume) => {
    const name =
      volume.kind === "claim" ? volume.claimName : ephemeralClaimName(pod.name, volume.name);
    const claim = known.claims.find(
      ({ metadata }) => metadata.namespace === pod.namespace && metadata.name === name,
    );
    if (claim !== undefined) return { claim: name, ...stateOf(claim, known) };
    return volume.kind === "ephemeral"
      ? { claim: name, state: "missing", words: "Kubernetes makes it from the pod's template" }
      : {
          claim: name,
          state: "missing",
          words: `there is no claim ${name} in namespace ${pod.namespace}; the pod waits for it`,
        };
  });

const stateOf = (claim: Claim, { groups, classes, adopted }: Known): Omit<ClaimState, "claim"> => {
  const { storageClassName, request: size } = claim.spec;
  const storageClass = classes.find(({ metadata }) => metadata.name === storageClassName);
  const about = { storageClass: storageClassName, size };
  if (storageClass?.provisioner !== provisionerName) {
    const whose =
      storageClass === undefined
        ? `there is no StorageClass ${storageClassName ?? ""}`
        : `its class is of ${storageClass.provisioner}`;
    return { ...about, state: "not ours", words: whose };
  }
  const bound = claim.spec.volumeName;
  const volume = bound === "" ? volumeNameOf(claim.metadata.uid) : bound;
  const place = groups
    .flatMap((group) => group.spec.volumes.map((entry) => ({ group, entry })))
    .find(({ entry }) => entry.name === volume);
  const status = place?.group.status.volumes.find(({ name }) => name === volume);
  const node = place?.group.spec.nodeName;
  const trouble = [status?.reason, status?.message].filter((word) => word !== undefined).join(": ");
  if (bound !== "") {
    const where = place === undefined ? "" : ` in ${place.group.spec.volumeGroup} on node ${node}`;
    const after = status?.state === "Failed" ? `, which has failed: ${trouble}` : "";
    return { ...about, state: "bound", node, words: `bound to ${bound}${where}${after}` };
  }
  if (place !== undefined) {
    const { entry, group } = place;
    const there = `${group.spec.volumeGroup} on node ${node}`;
    if (entry.delete === true) {
      const words = `the attempt in ${there} is undone first${trouble === "" ? "" : `: ${trouble}`}`;
      return { ...about, state: "promised", node, words };
    }
    if (status?.state === "Ready") {
      const words = `the volume is ready in ${there}; the provisioner makes its PersistentVolume`;
      return { ...about, state: "made", node, words };
    }
    const how = trouble === "" ? "the agent makes the volume" : `${status?.state}: ${trouble}`;
    return { ...about, state: "promised", node, words: `room is promised in ${there}; ${how}` };
  }
  const waiting = adopted.filter((one) => one.claim === keyOf(claim));
  const [first] = waiting;
  if (first !== undefined) {
    const where = waiting.map((one) => `${one.volume} on node ${one.node}`).join(" or ");
    const words = `Kubernetes binds it to ${where}, which was adopted for it`;
    return { ...about, state: "made", node: first.node, words };
  }
  const { selectedNode } = claim;
  return selectedNode === undefined
    ? { ...about, state: "created", words: "waits for kube-scheduler to choose a node" }
    : {
        ...about,
        state: "placed",
        node: selectedNode,
        words: `kube-scheduler chose node ${selectedNode}; the provisioner promises the room next`,
      };
};
