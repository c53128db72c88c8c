import type {
  Claim,
  ClassParameters,
  Node,
  NodeLocalStorage,
  PersistentVolume,
  StorageClass,
  VolumeEntry,
  VolumeMode,
} from "@stowage/api";
import {
  annotations,
  claims,
  claimUidOf,
  devicePathOf,
  isDeleting,
  labels,
  parseClassParameters,
  provisionerName,
  volumeNameOf,
} from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { formatQuantity, show, showNeed } from "@stowage/capacity";
import { persistentVolumeFor } from "@stowage/provisioner";

/** What an adoption is decided on. */
export type AdoptionSeen = {
  readonly group: NodeLocalStorage;
  readonly volume: string;
  readonly node: Node | undefined;
  readonly persistentVolume: PersistentVolume | undefined;
  /** The claim that has the namespace and name in the volume's tags now; it may be another one. */
  readonly claim: Claim | undefined;
  /** All that were adopted, also those that a claim has by now. */
  readonly adopted: readonly PersistentVolume[];
  /** Names of all entries in all ledgers. */
  readonly entries: ReadonlySet<string>;
  readonly classes: readonly StorageClass[];
  /** For claims that do not exist yet. */
  readonly wish: { readonly storageClass: string | undefined; readonly volumeMode: VolumeMode };
};

export type Adoption =
  | { readonly kind: "refused"; readonly why: string; readonly remedy?: string }
  | {
      readonly kind: "adopt";
      /** Undefined where it stands in the ledger already. */
      readonly entry: VolumeEntry | undefined;
      /** Undefined where there is one, or where no claim ever was. */
      readonly persistentVolume: object | undefined;
    };

const refused = (why: string, remedy?: string): Adoption => ({
  kind: "refused",
  why,
  ...(remedy === undefined ? {} : { remedy }),
});

/**
 * How a logical volume gets its objects back: first its entry, by which nobody else can take or
 * remove it, then a PersistentVolume for the claim of the name in its tags. Doing it again after it
 * was cut off does what is missing.
 */
export const planAdoption = (seen: AdoptionSeen): Adoption => {
  const { group, volume, persistentVolume } = seen;
  const orphan = group.status.orphans.find(({ name }) => name === volume);
  const entry = group.spec.volumes.find(({ name }) => name === volume);
  if (entry?.delete === true) return refused("it is being removed: its entry is a tombstone");
  if (entry?.pending === true) return refused("it is no orphan: it is being made for its claim");
  if (orphan?.state === "Unfinished") {
    return refused(
      "it was cut off while it was made: nobody had it, and what lay on the disk before may still be on it",
      `kubectl stowage orphans collect ${group.spec.nodeName} ${group.spec.volumeGroup} ${volume} frees its room`,
    );
  }
  const size = orphan?.size ?? sizeOf(group, volume) ?? entry?.size;
  if (size === undefined || (orphan === undefined && entry === undefined)) {
    return refused(
      `${group.metadata.name} reports no orphan of this name`,
      "kubectl stowage orphans lists what there is",
    );
  }
  const path = devicePathOf(group.spec.volumeGroup, volume);
  if (persistentVolume !== undefined) {
    const isSame = persistentVolume.group === group.metadata.name;
    if (!isSame || persistentVolume.localPath !== path) {
      return refused(
        `PersistentVolume ${volume} exists and leads elsewhere`,
        `look at it: kubectl get pv ${volume} -o yaml`,
      );
    }
  }
  const reference = orphan?.claim ?? entry?.claim;
  if (reference === undefined || claimUidOf(volume) === undefined) {
    return { kind: "adopt", entry: entry ?? entryWithout(orphan), persistentVolume: undefined };
  }
  return planFor({ ...seen, size, reference, has: entry === undefined ? "nothing" : "entry" });
};

type Orphan = NodeLocalStorage["status"]["orphans"][number];

const entryWithout = (orphan: Orphan | undefined): VolumeEntry | undefined =>
  orphan === undefined ? undefined : { name: orphan.name, size: orphan.size };

const sizeOf = ({ status }: NodeLocalStorage, volume: string): Bytes | undefined =>
  status.volumes.find(({ name }) => name === volume)?.size;

type Sized = AdoptionSeen & {
  readonly size: Bytes;
  /** From the volume's tags. */
  readonly reference: NonNullable<VolumeEntry["claim"]>;
  readonly has: "nothing" | "entry";
};

const planFor = (seen: Sized): Adoption => {
  const { group, volume, node, size, reference, claim, has } = seen;
  const taken = refusalOfClaim(seen) ?? refusalOfRival(seen);
  if (taken !== undefined) return taken;
  const chosen = classFor(seen);
  if (chosen.kind === "refused") return chosen;
  if (node === undefined) {
    return refused(
      `node ${group.spec.nodeName} does not exist`,
      "adopt it once the node has joined the cluster",
    );
  }
  const { wipe } = chosen.parameters;
  const volumeMode = claim?.spec.volumeMode ?? seen.wish.volumeMode;
  const entry: VolumeEntry = {
    name: volume,
    claim: reference,
    size,
    volumeMode,
    ...(wipe === undefined ? {} : { wipe }),
  };
  // Named as its logical volume is, and for whichever claim has the name: so it has no uid.
  const made = persistentVolumeFor({
    claim: claims.parse({
      metadata: { ...reference },
      spec: {
        accessModes: claim?.spec.accessModes ?? ["ReadWriteOnce"],
        volumeMode,
        resources: { requests: { storage: formatQuantity(size) } },
      },
    }),
    storageClass: chosen.storageClass,
    parameters: chosen.parameters,
    group,
    hostname: node.hostname,
    size,
  });
  return {
    kind: "adopt",
    entry: has === "entry" ? undefined : entry,
    persistentVolume: seen.persistentVolume === undefined ? forName(made, reference) : undefined,
  };
};

type Made = ReturnType<typeof persistentVolumeFor>;

const forName = (made: Made, { namespace, name, uid }: Sized["reference"]): object => ({
  ...made,
  metadata: {
    ...made.metadata,
    annotations: { ...made.metadata.annotations, [annotations.adopted]: uid },
    labels: { ...made.metadata.labels, [labels.adopted]: "true" },
  },
  spec: {
    ...made.spec,
    claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name },
  },
});

/** Why the claim that has the name now cannot get the volume. */
const refusalOfClaim = ({ claim, volume, size, entries }: Sized): Adoption | undefined => {
  if (claim === undefined) return undefined;
  const { namespace, name, uid } = claim.metadata;
  const key = `${namespace}/${name}`;
  if (isDeleting(claim))
    return refused(`claim ${key} is being deleted`, "try again when it is gone");
  const bound = claim.spec.volumeName;
  if (bound === volume) return undefined;
  const again = `if this volume has the data that ${key} needs, delete the claim and the pod that uses it, adopt, and create them again`;
  if (bound !== "") return refused(`claim ${key} is bound to another volume, ${bound}`, again);
  if (claim.selectedNode !== undefined || entries.has(volumeNameOf(uid))) {
    return refused(`a new volume is being made for claim ${key}`, again);
  }
  if (claim.spec.request > size) {
    return refused(
      `claim ${key} asks for ${showNeed(claim.spec.request)}, and the volume has ${show(size)}`,
      `create the claim with at most ${formatQuantity(size)}; it can grow later`,
    );
  }
  return undefined;
};

/** Kubernetes would give the claim any of the volumes that wait for its name. */
const refusalOfRival = ({ volume, reference, adopted }: Sized): Adoption | undefined => {
  const { namespace, name } = reference;
  const rival = adopted.find(
    ({ metadata, claimRef }) =>
      metadata.name !== volume &&
      claimRef?.uid === "" &&
      claimRef.namespace === namespace &&
      claimRef.name === name,
  );
  if (rival === undefined) return undefined;
  const other = rival.metadata.name;
  return refused(
    `PersistentVolume ${other} was adopted for claim ${namespace}/${name} already`,
    `if this volume has the data that the claim needs, make the other one an orphan again: kubectl patch pv ${other} -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}', kubectl delete pv ${other}`,
  );
};

type Chosen =
  | Extract<Adoption, { kind: "refused" }>
  | {
      readonly kind: "class";
      readonly storageClass: StorageClass;
      readonly parameters: ClassParameters;
    };

const no = (why: string, remedy: string): Chosen => ({ kind: "refused", why, remedy });

const classFor = ({ group, claim, classes, wish }: Sized): Chosen => {
  const { volumeGroup } = group.spec;
  const fitting = classes.flatMap((storageClass): Extract<Chosen, { kind: "class" }>[] => {
    if (storageClass.provisioner !== provisionerName) return [];
    const reading = parseClassParameters(storageClass);
    if (reading.kind === "invalid" || reading.parameters.volumeGroup !== volumeGroup) return [];
    return [{ kind: "class", storageClass, parameters: reading.parameters }];
  });
  const names = fitting.map(({ storageClass }) => storageClass.metadata.name);
  const wanted = claim?.spec.storageClassName ?? wish.storageClass;
  if (wanted !== undefined) {
    const found = fitting.find(({ storageClass }) => storageClass.metadata.name === wanted);
    if (found !== undefined) return found;
    return no(
      `class ${wanted} is none of Stowage's for group ${volumeGroup}`,
      names.length === 0
        ? `create a StorageClass with volumeGroup: ${volumeGroup}`
        : `classes for ${volumeGroup}: ${names.join(", ")}`,
    );
  }
  const [only, ...others] = fitting;
  if (only === undefined) {
    return no(
      `no StorageClass of Stowage's uses group ${volumeGroup}`,
      `create one with volumeGroup: ${volumeGroup}`,
    );
  }
  return others.length === 0
    ? only
    : no(`several classes use group ${volumeGroup}`, `say --storage-class ${names.join(" or ")}`);
};
