import { z } from "zod";
import { volumeModeSchema } from "./core/claim.ts";
import { devicePathSchema, lvmNameSchema } from "./lvm-names.ts";
import { fileSystemSchema } from "./mkfs-options.ts";
import { metadataSchema } from "./metadata.ts";
import { apiGroup, apiVersion } from "./names.ts";
import type { Resource } from "./resource.ts";
import { reservedSchema, sizeSchema } from "./size.ts";

/*
 * The wire form of NodeLocalStorage, from which the CRD is made (crd.ts). `describe` texts become
 * what `kubectl explain nls` shows; `meta` keys beginning with x-kubernetes reach the CRD as they are.
 */

/** zod's JSON Schema leaves out the default of what it transforms; this key brings it back. */
export const wireDefault = "x-wire-default";

/** A list whose items are known by one field, so that two writers can change different items. */
const mapBy = (key: string): Record<string, unknown> => ({
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": [key],
});

const rules = (...list: readonly { rule: string; message: string }[]): Record<string, unknown> => ({
  "x-kubernetes-validations": list,
});

const immutable = (what: string): Record<string, unknown> =>
  rules({ rule: "self == oldSelf", message: `${what} cannot be changed; make another object` });

const deviceSchema = z
  .object({
    path: devicePathSchema.describe(
      "The block device, best by a name that survives reboots: /dev/disk/by-id/...",
    ),
    wipe: z
      .literal(true)
      .optional()
      .describe(
        "Erases, once, what the device holds before it is used, unless anything on it is in use or part of a group. Done with, it is spent until it is taken off and put on again. Only with a path below /dev/disk/by-id.",
      ),
    evacuate: z
      .literal(true)
      .optional()
      .describe(
        "Moves all that lies on the device to the group's other devices, then takes it out of the group.",
      ),
  })
  .meta(
    rules({
      rule: "!has(self.wipe) || self.path.startsWith('/dev/disk/by-id/')",
      message: "wipe needs a path below /dev/disk/by-id, which no other disk can take over",
    }),
  )
  .describe("A disk or partition that Stowage may use for this volume group.");

const globSchema = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[A-Za-z0-9_+=:@,%./*?[\] -]+$/, "must be letters, digits and * ? [ ]");

const matchSchema = z
  .object({
    paths: z
      .array(globSchema)
      .min(1)
      .max(16)
      .optional()
      .describe("Globs of which one must match a name of the disk: /dev/disk/by-id/nvme-*"),
    minSize: sizeSchema.optional(),
    maxSize: sizeSchema.optional(),
    rotational: z.boolean().optional().describe("true: hard disks only; false: all others."),
    transports: z
      .array(z.string().max(16))
      .min(1)
      .max(16)
      .optional()
      .describe("nvme, sata, sas, ata; others, such as virtio, only if they are asked for here."),
    models: z
      .array(globSchema)
      .min(1)
      .max(16)
      .optional()
      .describe(
        "Globs of the disk's model. Models of cloud volumes only if they are asked for here.",
      ),
  })
  .describe(
    "Takes every whole disk of the node that meets all of this and has been seen empty for some minutes. Without paths only disks of the machine itself: a size alone would also meet what other drivers attach. A disk that is not taken is listed in status.devices with the reason.",
  );

const claimSchema = z
  .object({
    namespace: z.string().max(63),
    name: z.string().max(253),
    uid: z.string().max(64),
  })
  .describe("The PersistentVolumeClaim that the volume is for.");

const volumeEntrySchema = z
  .object({
    name: lvmNameSchema.describe("The logical volume's name: pvc-<uid of the claim>."),
    claim: claimSchema.optional(),
    size: sizeSchema.describe("The least size; the volume gets whole extents. It can only grow."),
    wipe: z
      .enum(["zero", "discard", "none"])
      .optional()
      .describe(
        "What happens to the data before a tombstone removes the volume. zero, also when absent: every byte is overwritten. discard: the disk is told to drop it. none: it stays for the next tenant to read.",
      ),
    volumeMode: volumeModeSchema
      .optional()
      .meta(rules({ rule: "self == oldSelf", message: "volumeMode cannot be changed" }))
      .describe(
        "As the claim's. Block, also when absent: its user can read every byte, so all of it is zeroed before it is handed out, and all that it grows by. Filesystem: what is read was written before.",
      ),
    fileSystem: fileSystemSchema.optional(),
    pending: z
      .literal(true)
      .optional()
      .describe(
        "No PersistentVolume was made for it yet, so nothing can be lost if its claim goes. Once taken off it stays off.",
      ),
    delete: z
      .literal(true)
      .optional()
      .describe("A tombstone: the agent removes the logical volume. It cannot be taken back."),
  })
  .meta(
    rules(
      {
        rule: "quantity(self.size).compareTo(quantity(oldSelf.size)) >= 0",
        message: "a volume never shrinks",
      },
      {
        rule: "!has(oldSelf.delete) || has(self.delete)",
        message: "a tombstone stays until the entry goes",
      },
      {
        rule: "has(oldSelf.pending) || !has(self.pending)",
        message: "a volume that was handed out never becomes pending again",
      },
      {
        rule: "!has(oldSelf.claim) || (has(self.claim) && self.claim == oldSelf.claim)",
        message: "a volume stays with its claim",
      },
      {
        rule: "has(self.fileSystem) == has(oldSelf.fileSystem) && (!has(self.fileSystem) || self.fileSystem == oldSelf.fileSystem)",
        message: "what was to be made on a volume cannot be changed",
      },
    ),
  );

export const specSchema = z.object({
  nodeName: z.string().min(1).max(253).meta(immutable("nodeName")).describe("The Node's name."),
  volumeGroup: lvmNameSchema.meta(immutable("volumeGroup")).describe("LVM's name of the group."),
  devices: z
    .array(deviceSchema)
    .max(64)
    .meta(mapBy("path"))
    .default([])
    .describe("The devices that make up the group. Taking one out changes nothing on disk."),
  match: matchSchema.optional(),
  reserved: reservedSchema
    .optional()
    .describe('What Stowage leaves to others: a size ("10Gi") or a share of the group ("5%").'),
  cordoned: z.boolean().default(false).describe("Places no new volumes in this group."),
  volumes: z
    .array(volumeEntrySchema)
    .max(1000)
    .meta(mapBy("name"))
    .default([])
    // A JSON patch that appends needs the list to be there.
    .meta({ [wireDefault]: [] })
    .describe("The ledger: every volume that has room in this group. Kept by the provisioner."),
});

const conditionSchema = z.object({
  type: z.string().max(63),
  status: z.enum(["True", "False", "Unknown"]),
  reason: z.string().max(128),
  message: z.string().max(4096),
  lastTransitionTime: z.string().max(64).meta({ format: "date-time" }),
  observedGeneration: z.number().int().optional(),
});

/** Removed: no longer in spec, but still part of the group. Evacuated: no longer part of it. */
export const deviceStates = [
  "InUse",
  "Refused",
  "Missing",
  "Removed",
  "Evacuating",
  "Evacuated",
] as const;

/** Deleted: the logical volume is gone, and the entry in spec may go. */
export const volumeStates = ["Creating", "Ready", "Failed", "Deleting", "Deleted"] as const;

/**
 * The reasons of a volume that is being made and takes its time: while its status changes under one of
 * them, work goes on.
 */
export const progressReasons = ["Zeroing", "Formatting"] as const;

const deviceStatusSchema = z.object({
  path: z.string().max(255).describe("As in spec.devices."),
  id: z.string().max(128).optional().describe("LVM's UUID of the physical volume."),
  kernelName: z.string().max(255).optional().describe("What the path leads to now."),
  size: sizeSchema.optional(),
  serial: z.string().max(128).optional().describe("The disk's WWN, or else its serial number."),
  state: z
    .enum(deviceStates)
    .describe(
      "Removed: no longer in spec, but still part of the group. Evacuated: no longer part of it.",
    ),
  erased: z
    .string()
    .max(128)
    .optional()
    .describe("The device for which the entry's wipe was carried out, or is being."),
  erasing: z
    .array(z.string().max(128))
    .max(64)
    .optional()
    .describe("What was found on it and may go, until it is gone."),
  reason: z.string().max(63).optional(),
  message: z.string().max(1024).optional(),
});

const volumeStatusSchema = z.object({
  name: z.string().max(127),
  state: z
    .enum(volumeStates)
    .describe("Deleted: the logical volume is gone, and the entry in spec may go."),
  size: sizeSchema.optional().describe("The logical volume's true size."),
  path: z.string().max(255).optional(),
  wiped: sizeSchema
    .optional()
    .describe(
      "How much of it is wiped: of a volume that is Deleting, or of what one is to be made of.",
    ),
  reason: z.string().max(63).optional(),
  message: z.string().max(1024).optional(),
});

const orphanSchema = z.object({
  name: z.string().max(127),
  size: sizeSchema,
  claim: claimSchema.optional(),
  state: z
    .enum(["Finished", "Unfinished"])
    .optional()
    .describe(
      "Unfinished: it was cut off while it was made. Nobody had it, and what lay on the disk before may still be on it.",
    ),
});

export const statusSchema = z.object({
  observedGeneration: z.number().int().default(0),
  conditions: z.array(conditionSchema).max(16).meta(mapBy("type")).default([]),
  extentSize: sizeSchema.optional(),
  capacity: sizeSchema.optional().describe("The whole volume group."),
  allocatable: sizeSchema
    .optional()
    .describe("capacity less what is reserved and less all that spec.volumes does not name."),
  free: sizeSchema
    .optional()
    .describe("For people: allocatable less spec.volumes, as of observedGeneration."),
  volumeCount: z.number().int().optional().describe("For people: how many volumes are Ready."),
  devices: z.array(deviceStatusSchema).max(256).meta(mapBy("path")).default([]),
  volumes: z.array(volumeStatusSchema).max(2000).meta(mapBy("name")).default([]),
  orphans: z
    .array(orphanSchema)
    .max(1000)
    .meta(mapBy("name"))
    .default([])
    .describe("Volumes that Stowage made and spec.volumes does not name. Never removed by itself."),
});

const nodeLocalStorageSchema = z.object({
  metadata: metadataSchema,
  spec: specSchema,
  status: statusSchema.prefault({}),
});

export type NodeLocalStorage = z.output<typeof nodeLocalStorageSchema>;
export type NodeLocalStorageSpec = NodeLocalStorage["spec"];
export type NodeLocalStorageStatus = NodeLocalStorage["status"];
export type DeviceEntry = NodeLocalStorageSpec["devices"][number];
export type DeviceMatch = NonNullable<NodeLocalStorageSpec["match"]>;
export type VolumeEntry = NodeLocalStorageSpec["volumes"][number];
export type VolumeStatus = NodeLocalStorageStatus["volumes"][number];
export type DeviceStatus = NodeLocalStorageStatus["devices"][number];
export type Orphan = NodeLocalStorageStatus["orphans"][number];
export type Condition = NodeLocalStorageStatus["conditions"][number];
export type ClaimReference = NonNullable<VolumeEntry["claim"]>;

/** What goes over the wire when Stowage writes: sizes are quantities there. */
export type NodeLocalStorageSpecWire = z.input<typeof specSchema>;
export type NodeLocalStorageStatusWire = z.input<typeof statusSchema>;
export type VolumeEntryWire = z.input<typeof volumeEntrySchema>;

export const nodeLocalStorages: Resource<NodeLocalStorage> = {
  group: apiGroup,
  version: apiVersion,
  plural: "nodelocalstorages",
  kind: "NodeLocalStorage",
  scope: "cluster",
  parse: (object) => nodeLocalStorageSchema.parse(object),
};
