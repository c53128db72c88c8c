import { createHash } from "node:crypto";

export const apiGroup = "stowage.dev";
export const apiVersion = "v1alpha1";

/** StorageClass.provisioner, and the CSIDriver's name under which capacity is published. */
export const provisionerName = "lvm.stowage.dev";

export const labels = {
  node: `${apiGroup}/node`,
  volumeGroup: `${apiGroup}/volume-group`,
  /** On a PersistentVolume with the annotation of the same name, to select it by. */
  adopted: `${apiGroup}/adopted`,
} as const;

export const annotations = {
  /** On a PersistentVolume: the NodeLocalStorage whose ledger holds it. */
  nodeLocalStorage: `${apiGroup}/node-local-storage`,
  /** On a PersistentVolume that was made for a logical volume of an earlier claim: that claim's uid. */
  adopted: `${apiGroup}/adopted`,
  /** On a NodeLocalStorage, with its node's name: the node and its disks never come back. */
  nodeLost: `${apiGroup}/node-lost`,
  /** On a NodeLocalStorage that was made for a StorageClass: the class's name. */
  storageClass: `${apiGroup}/storage-class`,
  /** On a CSIStorageCapacity: when it was last changed only for the sake of the pods that wait. */
  wokenAt: `${apiGroup}/woken-at`,
  selectedNode: "volume.kubernetes.io/selected-node",
  storageProvisioner: "volume.kubernetes.io/storage-provisioner",
  betaStorageProvisioner: "volume.beta.kubernetes.io/storage-provisioner",
  provisionedBy: "pv.kubernetes.io/provisioned-by",
  /** On a PersistentVolume whose file system is still to grow: what its claim had before. */
  preResizeCapacity: "volume.alpha.kubernetes.io/pre-resize-capacity",
} as const;

/** Labels of the agents' Pods: their Ready condition tells whether a node's storage can be used. */
export const agentPodLabels = {
  "app.kubernetes.io/name": "stowage",
  "app.kubernetes.io/component": "agent",
} as const;

/** The Node's own label; it may differ from the Node's name. */
export const hostnameLabel = "kubernetes.io/hostname";

/** Kept on each PersistentVolume until its logical volume is gone, as external-provisioner does. */
export const volumeFinalizer = "external-provisioner.volume.kubernetes.io/finalizer";

const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const nameLimit = 253;

/**
 * `<node>.<volume group>`, the name of a group's NodeLocalStorage. Where that is no DNS subdomain
 * (LVM allows capitals, `_` and `+`) it is made one and gets a short hash of the true names, so
 * that two groups never share an object. spec holds the true names.
 */
export const nodeLocalStorageName = (node: string, volumeGroup: string): string => {
  const name = `${node}.${volumeGroup}`;
  if (dnsSubdomain.test(name) && name.length <= nameLimit) return name;
  const hash = createHash("sha256").update(`${node}\n${volumeGroup}`).digest("hex").slice(0, 8);
  const safe = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, "-")
    .replaceAll(/[-.]*\.[-.]*/g, ".")
    .replaceAll(/^[-.]+|[-.]+$/g, "")
    .slice(0, nameLimit - hash.length - 1)
    .replaceAll(/[-.]+$/g, "");
  return `${safe}-${hash}`;
};

const labelValue = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** A name as a label's value: itself where it is legal there, else made legal with a short hash. */
export const labelValueOf = (name: string): string => {
  if (labelValue.test(name)) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
  const safe = name.replaceAll(/[^A-Za-z0-9]+/g, "-").replaceAll(/^-/g, "");
  return `${safe.slice(0, 54)}-${hash}`;
};

const volumePrefix = "pvc-";

/** The name of a claim's logical volume, of its entry in spec.volumes and of its PersistentVolume. */
export const volumeNameOf = (claimUid: string): string => `${volumePrefix}${claimUid}`;

/** The uid in a volume's name; undefined for a volume that was not made for a claim. */
export const claimUidOf = (volumeName: string): string | undefined =>
  volumeName.startsWith(volumePrefix) ? volumeName.slice(volumePrefix.length) : undefined;

/** The device node that LVM gives a logical volume. */
export const devicePathOf = (volumeGroup: string, logicalVolume: string): string =>
  `/dev/${volumeGroup}/${logicalVolume}`;

/** The labels by which people select a group's objects. */
export const groupLabels = (group: {
  readonly nodeName: string;
  readonly volumeGroup: string;
}): Readonly<Record<string, string>> => ({
  [labels.node]: labelValueOf(group.nodeName),
  [labels.volumeGroup]: labelValueOf(group.volumeGroup),
});
