import type { ClaimReference } from "@stowage/api";
import { apiGroup } from "@stowage/api";

/*
 * What each logical volume says of itself, so that the ledger can be rebuilt from the disks alone.
 * A tag is one word of LVM's metadata; `=` splits key and value.
 */

const volumeKey = `${apiGroup}/volume`;
const claimKey = `${apiGroup}/claim`;
const claimUidKey = `${apiGroup}/claim-uid`;

/** On a volume group that Stowage made, or was told to take over with all its devices. */
export const managedTag = `${apiGroup}/managed`;

const nodeKey = `${apiGroup}/node`;

/**
 * On a volume group: the node that may change and activate it. Whoever writes to a disk can write
 * tags too: this one keeps two nodes apart, and proves nothing by itself.
 */
export const nodeTag = (node: string): string => `${nodeKey}=${node}`;

/** The nodes that a group's tags name; none for a group of a version that wrote no such tag. */
export const nodesOf = (tags: readonly string[]): string[] =>
  tags.filter((tag) => tag.startsWith(`${nodeKey}=`)).map((tag) => tag.slice(nodeKey.length + 1));

/** On a physical volume from which Stowage moves everything away. */
export const evacuatingTag = `${apiGroup}/evacuating`;

/**
 * On a volume from the moment it is made until what lay on its extents before can no longer be read:
 * whoever finds the tag, nobody has had the volume yet.
 */
export const newTag = `${apiGroup}/new`;

/** On a volume whose file system Stowage has made as its class asks; it is never made again. */
export const formattedTag = `${apiGroup}/formatted`;

const roomKey = `${apiGroup}/room-for`;

/** On a volume that only reserves and zeroes the extents by which another one is to grow. */
export const roomTag = (volume: string): string => `${roomKey}=${volume}`;

/** The volume that these extents are for; undefined for every other kind of volume. */
export const roomOf = (tags: readonly string[]): string | undefined =>
  tags.find((tag) => tag.startsWith(`${roomKey}=`))?.slice(roomKey.length + 1);

export type VolumeIdentity = {
  /** The name under which the volume was made; also its PersistentVolume's. */
  readonly volume: string;
  readonly claim?: ClaimReference | undefined;
};

export const tagsFor = ({ volume, claim }: VolumeIdentity): string[] => [
  `${volumeKey}=${volume}`,
  ...(claim === undefined
    ? []
    : [`${claimUidKey}=${claim.uid}`, `${claimKey}=${claim.namespace}/${claim.name}`]),
];

/** What the tags say; undefined for a volume that Stowage did not make. */
export const identityOf = (tags: readonly string[]): VolumeIdentity | undefined => {
  const valueOf = (key: string): string | undefined =>
    tags.find((tag) => tag.startsWith(`${key}=`))?.slice(key.length + 1);
  const volume = valueOf(volumeKey);
  if (volume === undefined) return undefined;
  const uid = valueOf(claimUidKey);
  const [namespace, name] = (valueOf(claimKey) ?? "").split("/", 2);
  if (uid === undefined || namespace === undefined || name === undefined) return { volume };
  return { volume, claim: { namespace, name, uid } };
};
