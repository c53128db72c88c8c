import type { Claim, ClassParameters, StorageClass } from "@stowage/api";
import { isDeleting, parseClassParameters, provisionerName } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { mib, noBytes, show, showNeed } from "@stowage/capacity";

/** What a claim wants of the provisioner right now. */
export type Wish =
  /** Nothing: gone, going, bound, somebody else's, or not placed yet. */
  | { readonly kind: "none" }
  /** Something that Stowage does not do; `why` says what to change. */
  | { readonly kind: "unsupported"; readonly why: string }
  /** A volume on the node that a pod of the claim names itself, which nobody has selected yet. */
  | ({ readonly kind: "pinned"; readonly node: string } & Wanted)
  /** A volume on whichever node Stowage elects: the class binds Immediately. */
  | ({ readonly kind: "anywhere" } & Wanted)
  /** A volume on this node. */
  | ({
      readonly kind: "volume";
      readonly node: string;
      readonly chosenBy: "scheduler" | "election";
    } & Wanted);

type Wanted = {
  readonly claim: Claim;
  readonly storageClass: StorageClass;
  readonly parameters: ClassParameters;
};

const none: Wish = { kind: "none" };
const unsupported = (why: string): Wish => ({ kind: "unsupported", why });

const accessModes = new Set(["ReadWriteOnce", "ReadWriteOncePod"]);

/**
 * The conditions under which a claim is ours to serve.
 * Source: sig-storage-lib-external-provisioner, controller.go shouldProvision, but for what is said
 * of the annotation storage-provisioner.
 */
export const wishOf = (
  claim: Claim | undefined,
  storageClass: StorageClass | undefined,
  /** The spec.nodeName of a pod that uses the claim. */
  pin?: string,
): Wish => {
  if (claim === undefined || isDeleting(claim) || claim.spec.volumeName !== "") return none;
  if (storageClass === undefined || storageClass.provisioner !== provisionerName) return none;
  const isImmediate = storageClass.volumeBindingMode === "Immediate";
  const { selectedNode } = claim;
  // Kubernetes hands the claim over by this. Where the scheduler has selected a node it has also found
  // that no existing volume fits, so there it need not be waited for.
  const mayBeAbsent = !isImmediate;
  const { storageProvisioner = mayBeAbsent ? provisionerName : "" } = claim;
  if (storageProvisioner !== provisionerName) return none;
  // Told at once: what cannot be had anywhere needs no node to be refused.
  const wrong = refusedFeature(claim);
  if (wrong !== undefined) return unsupported(wrong);
  const parsed = parseClassParameters(storageClass);
  if (parsed.kind === "invalid") {
    return unsupported(
      `parameters of class ${storageClass.metadata.name} are wrong: ${parsed.problem}`,
    );
  }
  const tooSmall = refusedSize(claim, parsed.parameters);
  if (tooSmall !== undefined) return unsupported(tooSmall);
  const wanted: Wanted = { claim, storageClass, parameters: parsed.parameters };
  if (isImmediate) return { kind: "anywhere", ...wanted };
  if (selectedNode !== undefined) {
    return { kind: "volume", node: selectedNode, chosenBy: "scheduler", ...wanted };
  }
  return pin === undefined ? none : { kind: "pinned", node: pin, ...wanted };
};

const refusedFeature = ({ spec }: Claim): string | undefined => {
  const mode = spec.accessModes.find((name) => !accessModes.has(name));
  if (mode !== undefined) {
    return `access mode ${mode} needs storage that several nodes share; a node-local volume has ReadWriteOnce or ReadWriteOncePod`;
  }
  if (spec.dataSource === "present") {
    return "a dataSource would have to be copied into the new volume, which Stowage does not do; leave it out";
  }
  if (spec.selector === "present") {
    return "a selector chooses among existing PersistentVolumes, but this class makes new ones; leave it out";
  }
  return undefined;
};

/**
 * The least that the file systems' own tools make, which would fail on the node, after the volume
 * was handed out. Source: mkfs.xfs(8), since xfsprogs 5.19; mkfs.btrfs(8). ext4 takes any extent.
 */
const leastSize: Readonly<Record<ClassParameters["fsType"], Bytes>> = {
  ext4: noBytes,
  xfs: mib(300),
  btrfs: mib(109),
};

const refusedSize = ({ spec }: Claim, { fsType }: ClassParameters): string | undefined => {
  const least = leastSize[fsType];
  if (spec.volumeMode === "Block" || spec.request >= least) return undefined;
  return `${fsType} needs at least ${showNeed(least)}, and the claim asks for ${show(spec.request)}; ask for more, or use a class with fsType ext4`;
};
