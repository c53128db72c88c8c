import type {
  Claim,
  Node,
  NodeLocalStorage,
  PersistentVolume,
  VolumeEntry,
  VolumeStatus,
} from "@stowage/api";
import type { Moment, Milliseconds } from "@stowage/clock";
import type { Companion } from "./companion.ts";
import type { Wish } from "./wish.ts";

/** A volume's entry in one group's ledger, and what that node's agent says of it. */
export type SeenEntry = {
  readonly group: NodeLocalStorage;
  readonly entry: VolumeEntry;
  readonly status: VolumeStatus | undefined;
};

/** Whether a node can be expected to carry out what its objects say. */
export type NodeState =
  | { readonly kind: "usable"; readonly node: Node }
  | { readonly kind: "agent_not_ready"; readonly since: Moment }
  | { readonly kind: "gone" };

/**
 * All that is known of one volume, `pvc-<uid>`, at one moment: what planVolume decides on.
 * The views come from caches and may lag; whatever destroys is confirmed afresh before it is done.
 */
export type SeenVolume = {
  readonly name: string;
  readonly now: Moment;
  readonly claim: Claim | undefined;
  readonly wish: Wish;
  readonly persistentVolume: PersistentVolume | undefined;
  readonly entries: readonly SeenEntry[];
  /** Why no node could be elected for a wish for anywhere. */
  readonly nowhere: string | undefined;
  /** The group in which the wish is to be fulfilled, if there is one on that node. */
  readonly target: NodeLocalStorage | undefined;
  readonly nodeState: (nodeName: string) => NodeState;
  readonly group: (name: string) => NodeLocalStorage | undefined;
  /**
   * Since when a promised volume has been waited for, or the agent has last told of progress on it;
   * undefined before the first look.
   */
  readonly waitingSince: Moment | undefined;
  /** Since when its claim has a node and nothing promised; undefined before the first look. */
  readonly placedSince: Moment | undefined;
  /** The other claims of its pod that have no PersistentVolume yet. */
  readonly companions: readonly Companion[];
  /** Why a companion was refused after this volume was promised. */
  readonly forsaken: string | undefined;
  /** How long the next attempt has to wait after those that failed. */
  readonly pause: Milliseconds;
};
