import type {
  ClaimWithStatus,
  NodeLocalStorage,
  PersistentVolume,
  VolumeEntry,
  VolumeStatus,
} from "@stowage/api";
import { groupOf, isDeleting, provisionerName } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { describe, formatQuantity, grow, show, showNeed } from "@stowage/capacity";
import type { ExpansionStep } from "./expansion-step.ts";
import type { NodeState } from "./seen-volume.ts";

/** All that an expansion is decided on. The views come from caches and may lag. */
export type SeenExpansion = {
  readonly claim: ClaimWithStatus;
  readonly volume: PersistentVolume;
  /** The volume's entry in the ledger, and what the agent says of it. */
  readonly home: {
    readonly group: NodeLocalStorage;
    readonly entry: VolumeEntry;
    readonly status: VolumeStatus | undefined;
  };
  readonly nodeState: NodeState;
};

/** Whether a claim is bound to a volume of Stowage's, so that its expansion is ours. */
export const isExpandable = (claim: ClaimWithStatus, volume: PersistentVolume): boolean =>
  volume.provisionedBy === provisionerName &&
  volume.claimRef?.uid === claim.metadata.uid &&
  claim.status.phase === "Bound" &&
  !isDeleting(claim);

/**
 * The next steps of a claim's expansion: mark, reserve, wait for the agent, PersistentVolume, claim.
 * Pure, and each step is decided on what is so, never on what was done: stopped between any two
 * writes and begun again, it comes to the same end.
 *
 * Invariant: neither the PersistentVolume nor the claim ever says more than the agent found on disk.
 * Source: kubernetes-csi/external-resizer, pkg/controller/expand_and_recover.go; KEP-1790.
 */
export const planExpansion = (seen: SeenExpansion): ExpansionStep[] => {
  const { claim, volume } = seen;
  const has = claim.status.capacity;
  if (!isExpandable(claim, volume) || has === undefined) return [];
  if (claim.spec.request <= has) return planDone(seen, has);
  const { resize, allocated } = claim.status;
  const isWithKubelet = resize === "NodeResizePending" || resize === "NodeResizeInProgress";
  // What is under way is finished first, also when the request was changed meanwhile.
  const isUnderWay = isWithKubelet || resize === "ControllerResizeInProgress";
  const size = isUnderWay ? (allocated ?? claim.spec.request) : claim.spec.request;
  if (isWithKubelet && claim.spec.volumeMode === "Filesystem" && volume.capacity >= size) return [];
  return planTo(size, has, seen);
};

/**
 * The kubelet, or an earlier pass, came to the end: what is left is cleared away. The kubelet gives
 * the claim what was asked for, which can be a little less than the PersistentVolume has.
 */
const planDone = ({ claim, volume }: SeenExpansion, has: Bytes): ExpansionStep[] => {
  const { resize } = claim.status;
  if (resize?.startsWith("ControllerResize") === true) {
    return [{ kind: "finish", claim, size: has }];
  }
  return resize === undefined && volume.preResizeCapacity !== undefined
    ? [{ kind: "forget_pre_resize_capacity", volume }]
    : [];
};

const planTo = (size: Bytes, has: Bytes, seen: SeenExpansion): ExpansionStep[] => {
  const { claim, volume, home } = seen;
  const { name } = volume.metadata;
  if (home.entry.size < size) {
    const answer = grow(groupOf(home.group), home.entry, size);
    if (answer.kind === "reserved") {
      return [
        ...begin(claim, size),
        {
          kind: "grow",
          group: home.group.metadata.name,
          volume: name,
          size,
          volumeMode: claim.spec.volumeMode,
        },
      ];
    }
    const why = `volume ${name} cannot grow from ${show(home.entry.size)} to ${showNeed(size)} on node ${home.group.spec.nodeName}: ${describe(answer.refusal)}`;
    // A group that is not ready is ready again some day; lowering the request would not help.
    if (answer.refusal.code !== "no_room") return [{ kind: "tell", claim, why }];
    return refuse(claim, size, `${why}; make room there, or lower the request`);
  }
  const real = home.status?.state === "Ready" ? home.status.size : undefined;
  if (real === undefined || real < size) {
    return [...begin(claim, size), ...tellDelay(seen, size)];
  }
  const steps = begin(claim, size);
  const isFilesystem = claim.spec.volumeMode === "Filesystem";
  if (volume.capacity < size) {
    const before = isFilesystem ? has : undefined;
    steps.push({ kind: "set_volume_capacity", volume, size: real, before });
  }
  // Each change of the claim is decided on its newest version, so there is one in a pass.
  if (steps.some(({ kind }) => kind === "begin")) return steps;
  const granted = volume.capacity < size ? real : volume.capacity;
  steps.push(
    isFilesystem ? { kind: "hand_to_kubelet", claim } : { kind: "finish", claim, size: granted },
  );
  return steps;
};

const begin = (claim: ClaimWithStatus, size: Bytes): ExpansionStep[] => {
  const { resize, allocated } = claim.status;
  const isUnderWay = resize === "ControllerResizeInProgress" || resize?.startsWith("NodeResize");
  return isUnderWay === true && allocated === size ? [] : [{ kind: "begin", claim, size }];
};

/** Told once for each size; the same words again would only be noise until something changes. */
const refuse = (claim: ClaimWithStatus, size: Bytes, why: string): ExpansionStep[] => {
  const { resize, allocated } = claim.status;
  return resize === "ControllerResizeInfeasible" && allocated === size
    ? []
    : [{ kind: "refuse", claim, size, why }];
};

const tellDelay = (
  { claim, volume, home, nodeState }: SeenExpansion,
  size: Bytes,
): ExpansionStep[] => {
  const what = `volume ${volume.metadata.name} is to grow to ${formatQuantity(size)}`;
  const node = home.group.spec.nodeName;
  if (home.status?.state === "Failed") {
    const reason = home.status.message ?? home.status.reason ?? "the agent gave no reason";
    return [{ kind: "tell", claim, why: `${what} on node ${node}: ${reason}` }];
  }
  if (nodeState.kind === "gone") {
    return [{ kind: "tell", claim, why: `${what}, but node ${node} no longer exists` }];
  }
  if (nodeState.kind === "agent_not_ready") {
    const why = `${what} as soon as the Stowage agent on node ${node} is ready again`;
    return [{ kind: "tell", claim, why }];
  }
  return [];
};
