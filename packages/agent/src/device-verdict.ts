import type { Bytes } from "@stowage/capacity";
import type { PhysicalVolume } from "@stowage/lvm";
import type { DeviceSeen } from "./observation.ts";

/** Why a device is not used; docs/node-local-storage.md says what each means. */
export const deviceRefusals = [
  "Duplicate",
  "DuplicateId",
  "ErasedBefore",
  "FilteredOut",
  "GroupNotSeen",
  "Holder",
  "InOtherGroup",
  "LogicalVolume",
  "Mounted",
  "NotABlockDevice",
  "NotLocal",
  "OddName",
  "Opened",
  "OtherHost",
  "OtherNode",
  "PartitionTable",
  "ReadOnly",
  "SectorSize",
  "Settling",
  "SharedGroup",
  "Signature",
  "Swap",
  "TooSmall",
  "UnknownData",
  "Unreadable",
] as const;

export type DeviceRefusal = (typeof deviceRefusals)[number];

/**
 * By what a device is known again right before it is written: a path may lead elsewhere by then, and
 * its disk may have got other partitions.
 */
export type KnownDevice = {
  readonly path: string;
  readonly deviceNumber: string;
  readonly size: Bytes;
  readonly sectorSize: Bytes;
  readonly serial: string | undefined;
  /** Under names that no other disk can take over. */
  readonly partitions: readonly { readonly path: string; readonly deviceNumber: string }[];
};

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
      /** Its size before it grew, while the group has not got the room yet. */
      readonly grownFrom?: Bytes;
      /** What about its path an admin should know. */
      readonly message?: string;
    }
  /** Lone: with the label of a physical volume of no group, which holds nothing. */
  | { readonly kind: "usable"; readonly label: "none" | "lone"; readonly known: KnownDevice }
  /** To be erased before it can be used: its entry says so. Nothing but `erasing` may be on it. */
  | {
      readonly kind: "erasable";
      readonly known: KnownDevice;
      readonly erased: string;
      /** The types of what is on it and its partitions. */
      readonly types: readonly string[];
      readonly erasing: readonly string[];
      /** Whether the last report tells of it: only then it is begun. */
      readonly record: "told" | "untold";
    }
  /** Evacuated, but for the label. */
  | { readonly kind: "unlabel" }
  | { readonly kind: "evacuated" }
  | { readonly kind: "missing"; readonly message: string }
  | { readonly kind: "refused"; readonly reason: DeviceRefusal; readonly message: string }
);
