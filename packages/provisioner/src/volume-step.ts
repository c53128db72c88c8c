import type { Claim, NodeLocalStorage, PersistentVolume, VolumeEntry } from "@stowage/api";
import type { Milliseconds } from "@stowage/clock";
import type { SeenEntry } from "./seen-volume.ts";
import type { Wish } from "./wish.ts";

export type VolumeWish = Extract<Wish, { kind: "volume" }>;

/** Why a volume may be removed; each is confirmed at the API server before the tombstone is set. */
type BurialGround =
  /** It was never handed out, and nobody wants it there any more. */
  | "unwanted"
  /** It was never handed out, and making it failed. */
  | "failed"
  /** Its PersistentVolume is Released with policy Delete. */
  | "released";

/** One act on one volume. planVolume makes them, carryOut does them, in order. */
export type VolumeStep =
  | {
      readonly kind: "reserve";
      readonly group: string;
      readonly entry: VolumeEntry;
      readonly wish: VolumeWish;
    }
  | { readonly kind: "restore"; readonly group: string; readonly entry: VolumeEntry }
  | {
      readonly kind: "create_persistent_volume";
      readonly wish: VolumeWish;
      readonly made: SeenEntry;
      readonly hostname: string;
    }
  | { readonly kind: "settle"; readonly group: string; readonly volume: string }
  | {
      readonly kind: "bury";
      readonly group: NodeLocalStorage;
      readonly entry: VolumeEntry;
      readonly ground: BurialGround;
    }
  | { readonly kind: "drop"; readonly group: string; readonly volume: string }
  | {
      readonly kind: "clear_selected_node";
      readonly claim: Claim;
      readonly node: string;
      /** The group on that node, whose room is published first. */
      readonly group: string;
    }
  | { readonly kind: "delete_persistent_volume"; readonly persistentVolume: PersistentVolume }
  | { readonly kind: "release_finalizer"; readonly persistentVolume: PersistentVolume }
  | { readonly kind: "tell_claim"; readonly claim: Claim; readonly why: string }
  | {
      readonly kind: "tell_persistent_volume";
      readonly persistentVolume: PersistentVolume;
      readonly why: string;
    }
  | { readonly kind: "look_again"; readonly after: Milliseconds };
