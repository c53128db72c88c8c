import type { ClaimWithStatus, PersistentVolume, VolumeMode } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";

/** One act of a claim's expansion. planExpansion makes them, carryOutExpansion does them, in order. */
export type ExpansionStep =
  /** ControllerResizeInProgress: from now on this size is being worked for. */
  | { readonly kind: "begin"; readonly claim: ClaimWithStatus; readonly size: Bytes }
  /** ControllerResizeInfeasible: this size cannot be had now, a smaller one may. */
  | {
      readonly kind: "refuse";
      readonly claim: ClaimWithStatus;
      readonly size: Bytes;
      readonly why: string;
    }
  /** Raise the entry in the ledger; the agent does the rest. */
  | {
      readonly kind: "grow";
      readonly group: string;
      readonly volume: string;
      readonly size: Bytes;
      readonly volumeMode: VolumeMode;
    }
  | {
      readonly kind: "set_volume_capacity";
      readonly volume: PersistentVolume;
      readonly size: Bytes;
      /** What the claim has until its file system has grown; undefined where there is none. */
      readonly before: Bytes | undefined;
    }
  /** NodeResizePending: the kubelet grows the file system, now or when a pod mounts it. */
  | { readonly kind: "hand_to_kubelet"; readonly claim: ClaimWithStatus }
  /** The claim has this much; nothing is under way any more. */
  | { readonly kind: "finish"; readonly claim: ClaimWithStatus; readonly size: Bytes }
  | { readonly kind: "forget_pre_resize_capacity"; readonly volume: PersistentVolume }
  | { readonly kind: "tell"; readonly claim: ClaimWithStatus; readonly why: string };
