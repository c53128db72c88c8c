import type { Claim, NodeLocalStorage, PersistentVolume, VolumeEntry } from "@stowage/api";
import type { Milliseconds } from "@stowage/clock";
import type { SeenEntry } from "./seen-volume.ts";
import type { Wish } from "./wish.ts";

export type VolumeWish = Extract<Wish, { kind: "volume" }>;

/** Why a volume may be removed; each is confirmed at the API server before the tombstone is set. */
type BurialGround =
  /** It was never handed out, and nobody wants it there any more. */
  | "unwanted"
  /** It was never handed out, and its claim has an entry in another group. */
  | "elsewhere"
  /** It was never handed out, and making it failed. */
  | "failed"
  /** Its PersistentVolume is Released with policy Delete. */
  | "released";

/** One act on one volume. planVolume makes them, carryOut does them, in order. */
export type VolumeStep =
  /** Room for a claim and for its companions in the same group: for all of them, or for none. */
  | {
      readonly kind: "reserve";
      readonly group: string;
      readonly entries: readonly VolumeEntry[];
      /** All claims of the pod that are given up if it is refused, also those in other groups. */
      readonly wishes: readonly VolumeWish[];
      /** Volumes of companions that were promised already, and are of no use then. */
      readonly promised: readonly string[];
    }
  | {
      readonly kind: "restore";
      readonly group: string;
      readonly entry: VolumeEntry;
      /** For whom, while no PersistentVolume needs it. */
      readonly wish?: VolumeWish;
    }
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
  | {
      readonly kind: "drop";
      readonly group: string;
      readonly volume: string;
      /** Only a tombstone, as one was seen; or whatever has the name. */
      readonly of: "tombstone" | "any";
    }
  | {
      readonly kind: "clear_selected_node";
      readonly claim: Claim;
      readonly node: string;
      /** The group on that node, whose room is published first; undefined where none is known. */
      readonly group: string | undefined;
    }
  /** Do what the scheduler will not: the claim's pod names its node itself. */
  | { readonly kind: "select_node"; readonly claim: Claim; readonly node: string }
  /** A companion got no room: the volume that was promised is to be given up by its own plan. */
  | { readonly kind: "forsake"; readonly volume: string; readonly why: string }
  /** What follows is done only if the volume surely has neither an entry nor a logical volume there. */
  | { readonly kind: "confirm_absence"; readonly group: string; readonly volume: string }
  | { readonly kind: "delete_persistent_volume"; readonly persistentVolume: PersistentVolume }
  | { readonly kind: "release_finalizer"; readonly persistentVolume: PersistentVolume }
  | {
      readonly kind: "tell_claim";
      readonly claim: Claim;
      readonly about: "provisioning" | "cleanup";
      readonly why: string;
    }
  | {
      readonly kind: "tell_persistent_volume";
      readonly persistentVolume: PersistentVolume;
      readonly why: string;
    }
  | { readonly kind: "look_again"; readonly after: Milliseconds };
