import type { Bytes } from "@stowage/capacity";
import type { PhysicalVolume } from "@stowage/lvm";
import type { DeviceSeen } from "./observation.ts";

/** Why a device is not used; docs/node-local-storage.md says what each means. */
export const deviceRefusals = [
  "Duplicate",
  "DuplicateId",
  "GroupNotSeen",
  "Holder",
  "InOtherGroup",
  "Mounted",
  "NotABlockDevice",
  "OtherHost",
  "OtherNode",
  "PartitionTable",
  "ReadOnly",
  "SharedGroup",
  "Signature",
  "Swap",
  "TooSmall",
  "Unreadable",
] as const;

export type DeviceRefusal = (typeof deviceRefusals)[number];

/** What may be done with a device. Only a usable one is ever given to vgcreate or vgextend. */
export type DeviceVerdict = {
  readonly path: string;
  readonly origin: DeviceSeen["origin"];
  readonly kernelName?: string;
  readonly size?: Bytes;
  readonly serial?: string;
} & (
  | {
      readonly kind: "in_use";
      readonly physicalVolume: PhysicalVolume;
      readonly wish: DeviceSeen["wish"];
      /** What about its path an admin should know. */
      readonly message?: string;
    }
  /** Lone: with the label of a physical volume of no group, which holds nothing. */
  | { readonly kind: "usable"; readonly label: "none" | "lone" }
  /** To be erased, in this order, before it can be used: its entry says so. */
  | { readonly kind: "erasable"; readonly targets: readonly string[] }
  /** Evacuated, but for the label. */
  | { readonly kind: "unlabel" }
  | { readonly kind: "evacuated" }
  | { readonly kind: "missing"; readonly message: string }
  | { readonly kind: "refused"; readonly reason: DeviceRefusal; readonly message: string }
);
