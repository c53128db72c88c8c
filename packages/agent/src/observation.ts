import type { DeviceEntry } from "@stowage/api";
import type { Moment } from "@stowage/clock";
import type { BlockDevice, VolumeGroup } from "@stowage/lvm";
import type { DeviceUser } from "./device-users.ts";

/** What a look at the node found for one NodeLocalStorage. Nothing in it is a decision. */
export type Observation = {
  readonly at: Moment;
  readonly group: GroupSeen;
  /** In the order of spec.devices, then those that match. */
  readonly devices: readonly DeviceSeen[];
  /** Every device of the host; only looked for where one is about to be taken. */
  readonly hostDevices: readonly BlockDevice[];
  /** Groups other than this one, by the device number of their physical volumes. */
  readonly otherGroups: ReadonlyMap<string, OtherGroup>;
  /** Physical volumes without a group, by device number. */
  readonly loneDevices: ReadonlyMap<string, "claimed" | "none">;
  /** Names of this group's volumes whose path below /dev leads to that very volume. */
  readonly linked: ReadonlySet<string>;
  /** Where the path of a volume leads that does not lead to it, in words. */
  readonly elsewhere: ReadonlyMap<string, string>;
  /** What keeps condemned volumes open, in words, by volume; only what the kernel tells. */
  readonly users: ReadonlyMap<string, string>;
};

/**
 * Why a group is held to be the object's. Reported: a physical volume of it was in the last report.
 * Named, matched: it lies on devices that spec names or matches. Name: spec says nothing of devices.
 */
export type Evidence = "reported" | "named" | "matched" | "name";

export type GroupSeen =
  | { readonly kind: "present"; readonly group: VolumeGroup; readonly evidence: Evidence }
  /** No device of the whole host has it. */
  | { readonly kind: "absent" }
  /** The named devices do not have it; the others could not be asked. */
  | { readonly kind: "not_seen"; readonly why: string }
  /** Groups have the name, and nothing shows that one of them is the object's. */
  | { readonly kind: "others"; readonly groups: readonly VolumeGroup[] }
  /** For several groups of the name speaks as much; LVM itself could only tell them apart by UUID. */
  | { readonly kind: "ambiguous"; readonly uuids: readonly string[] };

/** A group that is not the object's, as a device of it shows. */
export type OtherGroup = Pick<VolumeGroup, "name" | "uuid" | "lockType" | "systemId"> & {
  /** Those that its tags name. A system ID is another host's. */
  readonly nodes: readonly string[];
  /** The UUID of the physical volume on the device. */
  readonly id: string;
};

export type DeviceSeen = {
  readonly path: string;
  /** Named: an entry of spec.devices. Matched: found by spec.match. */
  readonly origin: "named" | "matched";
  readonly wish: DeviceWish;
  /** Of one that a match without paths found: why it may be no disk of this node alone, in words. */
  readonly doubt?: string | undefined;
  readonly found:
    | { readonly kind: "missing" }
    /** A block device that the kernel gives no size, or that vanished between two looks. */
    | { readonly kind: "empty" }
    | { readonly kind: "not_a_block_device"; readonly what: string }
    | {
        readonly kind: "block_device";
        readonly device: BlockDevice;
        readonly signatures: Signatures;
        /** Those of its partitions; looked for only where they may have to be erased. */
        readonly partitions: Signatures;
        readonly closer: CloserLook;
      };
};

/** What is looked for only on a device that would otherwise be taken or erased. */
export type CloserLook =
  | { readonly kind: "unread" }
  | { readonly kind: "unreadable"; readonly why: string }
  | {
      readonly kind: "read";
      readonly users: readonly DeviceUser[];
      /** What the host's LVM is told by `filter` and `global_filter`. */
      readonly filter: "accepts" | "shuts_out";
      /** Its first and last MiB; read of those that a match found. */
      readonly ends: "zero" | "data" | "unread";
      /** Names of its partitions that no other disk can take over, by kernel name. */
      readonly partitionPaths: ReadonlyMap<string, string>;
    };

/** What its entry asks for. Erase: to be used whatever it holds. */
export type DeviceWish = "use" | "erase" | "evacuate";

export const wishOf = ({ wipe, evacuate }: DeviceEntry): DeviceWish =>
  evacuate === true ? "evacuate" : wipe === true ? "erase" : "use";

export type Signatures =
  /** Not looked for: what else is known of the device decides. */
  | { readonly kind: "unread" }
  | {
      readonly kind: "read";
      readonly types: readonly string[];
      /** Each of them with what makes it this one: "ext4 6d9f-...". */
      readonly marks: readonly string[];
      /** The UUIDs of the physical volumes whose labels are among them. */
      readonly physicalVolumes: readonly string[];
    }
  | { readonly kind: "unreadable"; readonly why: string };
