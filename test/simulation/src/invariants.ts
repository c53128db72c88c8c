import { annotations, hostnameLabel, nodeLocalStorageName } from "@stowage/api";
import { extentsFor, mib, parseQuantity } from "@stowage/capacity";
import type { VirtualClock } from "@stowage/clock";
import { identityOf } from "@stowage/lvm";
import type { StoreEvent } from "@stowage/kube/testing";
import type { ClusterState } from "./cluster.ts";
import { isGoing } from "./cluster.ts";
import type { Host } from "./host.ts";
import { selectedNodeOf } from "./kinds.ts";
import { Violation } from "./violation.ts";
import type { ClaimWire, GroupWire, VolumeWire } from "./wire.ts";
import { wireOf } from "./wire.ts";
import { affinityOf, volumeAt } from "./wire-facts.ts";

export const extentSize = mib(4);

/** How long a program's view of an agent's report may lag: longer than any stall of a watch. */
const longestLag = 180_000;

type Entry = GroupWire["spec"]["volumes"][number];
type Size = { readonly storage: string };
type Seen = { readonly extents: number; readonly tags: readonly string[]; readonly wiped: number };

export const extentsOfEntries = (entries: readonly Entry[]): number =>
  entries.reduce((total, { size }) => total + extentsFor(parseQuantity(size), extentSize), 0);

/**
 * What holds at every moment, whatever fails: the invariants of the design, checked at each write
 * to the API server, after each command on a node and at each mount.
 */
export class Invariants {
  readonly #cluster: ClusterState;
  readonly #clock: VirtualClock;
  readonly #hosts: ReadonlyMap<string, Host>;
  /** What was reported of each group, newest last. */
  readonly #reports = new Map<string, { readonly at: number; readonly extents: number }[]>();
  /** "host/volume" of which a tombstone was ever set. */
  readonly #buried = new Set<string>();
  readonly #volumes = new Map<string, Map<string, Seen>>();
  /** Claims whose pods have written data, and where it lies. */
  readonly #written = new Map<string, string>();

  /** Volumes of which somebody else than the provisioner put in an entry, or another size. */
  readonly setByHand = new Set<string>();
  /** Volumes whose entries somebody else than the provisioner took away. */
  readonly droppedByHand = new Set<string>();

  constructor(cluster: ClusterState, clock: VirtualClock, hosts: ReadonlyMap<string, Host>) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#hosts = hosts;
  }

  /** After each write to the API server. */
  stored({ plural, type, object, before }: StoreEvent): void {
    if (plural === "nodelocalstorages" && type === "put") {
      this.#ledgerWritten(
        wireOf("nodelocalstorages", object),
        before === undefined ? undefined : wireOf("nodelocalstorages", before),
      );
    }
    if (plural === "persistentvolumes") {
      const volume = wireOf("persistentvolumes", object);
      if (type === "put" && before === undefined) this.#volumeCreated(volume);
      if (type === "put" && before !== undefined) {
        this.#told(volume, volume.spec.capacity, wireOf("persistentvolumes", before).spec.capacity);
      }
      if (type === "deleted") this.#volumeGone(volume);
    }
    if (plural === "persistentvolumeclaims" && type === "put" && before !== undefined) {
      const claim = wireOf("persistentvolumeclaims", object);
      const volume = this.#cluster.get("persistentvolumes", claim.spec.volumeName ?? "");
      const was = wireOf("persistentvolumeclaims", before).status.capacity;
      if (volume !== undefined) this.#told(volume, claim.status.capacity, was);
      const wasFor = selectedNodeOf(before);
      if (wasFor !== undefined && selectedNodeOf(object) === undefined) {
        this.#selectedNodeCleared(wireOf("persistentvolumeclaims", object), wasFor);
      }
    }
  }

  /** After each command on a host that may have changed its disks. */
  changed(host: Host): void {
    const known = this.#volumes.get(host.name) ?? new Map<string, Seen>();
    const now = new Map<string, Seen>();
    for (const group of host.node.groups) {
      if (host.node.freeExtents(group) < 0) {
        throw new Violation("volumes exceed the group", `${group.name} on ${host.name}`);
      }
      for (const { name, extents, tags, wiped } of group.volumes) {
        now.set(name, { extents, tags, wiped });
      }
    }
    for (const [name, seen] of known) {
      const { extents, tags } = seen;
      const after = now.get(name);
      if (after !== undefined && after.extents < extents) {
        throw new Violation("a volume shrank", `${name} on ${host.name}`);
      }
      if (after === undefined && identityOf(tags) !== undefined)
        this.#volumeRemoved(host, name, seen);
    }
    this.#volumes.set(host.name, now);
    for (const device of host.node.devices) {
      const isForeign = device.serial === "foreign";
      if (isForeign && (device.group !== undefined || device.signatures.join() !== "ext4")) {
        throw new Violation(
          "a device with foreign data was written",
          `${device.path} on ${host.name}`,
        );
      }
    }
  }

  /** A pod is about to see what is on a volume. */
  mounted(host: Host, name: string, uid: string): void {
    const owner = host.contents.get(name);
    if (owner !== undefined && owner !== uid) {
      throw new Violation("a pod sees another claim's data", `${name} on ${host.name}`);
    }
    const place = `${host.name}/${name}`;
    const wasAt = this.#written.get(uid);
    if (wasAt !== undefined && (wasAt !== place || owner === undefined)) {
      throw new Violation("a claim lost its data", `${uid} was at ${wasAt}, is at ${place}`);
    }
    this.#written.set(uid, place);
  }

  #ledgerWritten(now: GroupWire, before: GroupWire | undefined): void {
    const { name } = now.metadata;
    const allocatable = now.status?.allocatable;
    if (allocatable !== undefined) this.#reported(name, parseQuantity(allocatable) / extentSize);
    const old = new Map((before?.spec.volumes ?? []).map((entry) => [entry.name, entry]));
    const { nodeName } = now.spec;
    for (const entry of now.spec.volumes) {
      const was = old.get(entry.name);
      if (entry.delete === true && was?.delete !== true) {
        this.#buried.add(`${nodeName}/${entry.name}`);
        if (this.#isProvisioner) this.#buriedNow(now, entry);
      }
      if (!this.#isProvisioner && was?.size !== entry.size) this.setByHand.add(entry.name);
      const isNewHere = was === undefined && entry.pending === true;
      const hasGrown = was !== undefined && parseQuantity(entry.size) > parseQuantity(was.size);
      if (this.#isProvisioner && (isNewHere || hasGrown)) this.#checkRoom(now, entry);
    }
    const names = new Set(now.spec.volumes.map((entry) => entry.name));
    for (const [volume, entry] of old) {
      if (names.has(volume)) continue;
      if (this.#isProvisioner) this.#dropped(now, entry);
      else this.droppedByHand.add(volume);
    }
  }

  get #isProvisioner(): boolean {
    return this.#cluster.writer.startsWith("provisioner");
  }

  #reported(name: string, extents: number): void {
    const now = this.#clock.now();
    const all = this.#reports.get(name) ?? [];
    const last = all.at(-1);
    if (last?.extents === extents) return;
    all.push({ at: now, extents });
    // The newest of those that are too old was still in force when the lag began.
    while ((all[1]?.at ?? now) < now - longestLag) all.shift();
    this.#reports.set(name, all);
  }

  #checkRoom({ metadata, spec }: GroupWire, entry: Entry): void {
    const promised = extentsOfEntries(spec.volumes);
    const most = Math.max(
      0,
      ...(this.#reports.get(metadata.name) ?? []).map(({ extents }) => extents),
    );
    if (promised > most) {
      throw new Violation(
        "more was promised than is allocatable",
        `${metadata.name} has ${promised} extents promised of ${most} with ${entry.name}`,
      );
    }
  }

  #buriedNow({ spec, metadata }: GroupWire, entry: Entry): void {
    const volume = this.#cluster.get("persistentvolumes", entry.name);
    const isHere = volume?.metadata.annotations?.[annotations.nodeLocalStorage] === metadata.name;
    if (isHere && volume !== undefined) {
      const isReleased = volume.status.phase === "Released" || isGoing(volume);
      if (!isReleased || volume.spec.persistentVolumeReclaimPolicy !== "Delete") {
        throw new Violation("a volume in use was condemned", `${entry.name} on ${spec.nodeName}`);
      }
    } else if (entry.pending !== true) {
      throw new Violation("a volume without a PersistentVolume was condemned", entry.name);
    }
    const { claim } = entry;
    const current = this.#claimOf(claim?.uid);
    if (current !== undefined && current.spec.volumeName === entry.name && isHere) {
      throw new Violation("the volume of a living claim was condemned", entry.name);
    }
  }

  #dropped({ spec, metadata }: GroupWire, entry: Entry): void {
    const isLost = metadata.annotations?.[annotations.nodeLost] === spec.nodeName;
    const volume = this.#cluster.get("persistentvolumes", entry.name);
    const isKept = volume?.spec.persistentVolumeReclaimPolicy === "Retain" && isGoing(volume);
    if (isLost || isKept) return;
    const lv = this.#lvOf(spec.nodeName, spec.volumeGroup, entry.name);
    if (lv !== undefined && identityOf(lv.tags)?.claim?.uid === entry.claim?.uid) {
      throw new Violation("an entry went before its volume", `${entry.name} on ${spec.nodeName}`);
    }
  }

  #volumeCreated(volume: VolumeWire): void {
    const { name } = volume.metadata;
    const group = this.#cluster.get(
      "nodelocalstorages",
      volume.metadata.annotations?.[annotations.nodeLocalStorage] ?? "",
    );
    const node = group?.spec.nodeName ?? "";
    const { group: groupName, name: lvName } = volumeAt(volume);
    const lv = this.#lvOf(node, groupName, lvName);
    if (lv === undefined) {
      throw new Violation("a PersistentVolume without a volume", `${name} on ${node}`);
    }
    if (lv.extents * extentSize !== parseQuantity(volume.spec.capacity.storage)) {
      throw new Violation(
        "a PersistentVolume of another size than its volume",
        `${name} on ${node}`,
      );
    }
    if (identityOf(lv.tags)?.claim?.uid !== volume.spec.claimRef.uid) {
      throw new Violation("a PersistentVolume on another claim's volume", `${name} on ${node}`);
    }
    const entry = group?.spec.volumes.find((other) => other.name === name);
    // One that an admin took out a moment ago is there all the same, and gets its entry back.
    const isDropped = entry === undefined && this.droppedByHand.has(name);
    if ((entry === undefined || entry.delete === true) && !isDropped) {
      throw new Violation(
        "a PersistentVolume for a volume that is condemned",
        `${name} on ${node}`,
      );
    }
    const hostname = this.#cluster.get("nodes", node)?.metadata.labels?.[hostnameLabel];
    if (hostname !== undefined && !affinityOf(volume).includes(hostname)) {
      throw new Violation("a PersistentVolume that no node matches", `${name} on ${node}`);
    }
    for (const other of this.#cluster.all("persistentvolumes")) {
      const isSame =
        other.metadata.name !== name &&
        other.spec.local.path === volume.spec.local.path &&
        affinityOf(other).join() === affinityOf(volume).join();
      if (isSame) throw new Violation("two PersistentVolumes on one volume", name);
    }
    const claim = this.#claimOf(volume.spec.claimRef.uid);
    const storageClass = this.#cluster.get("storageclasses", volume.spec.storageClassName);
    const selected = claim?.metadata.annotations?.[annotations.selectedNode];
    if (
      claim !== undefined &&
      storageClass?.volumeBindingMode !== "Immediate" &&
      selected !== node
    ) {
      throw new Violation(
        "a PersistentVolume of an attempt that was given up",
        `${name} on ${node}, selected ${selected}`,
      );
    }
  }

  /** Neither a PersistentVolume nor a claim ever says more than the disk has. */
  #told(volume: VolumeWire, now: Size | undefined, before: Size | undefined): void {
    if (now === undefined || now.storage === before?.storage) return;
    const group = this.#cluster.get(
      "nodelocalstorages",
      volume.metadata.annotations?.[annotations.nodeLocalStorage] ?? "",
    );
    const { group: groupName, name } = volumeAt(volume);
    const lv = this.#lvOf(group?.spec.nodeName ?? "", groupName, name);
    if (lv !== undefined && parseQuantity(now.storage) > lv.extents * extentSize) {
      throw new Violation("a growth was told of that the disk does not have", name);
    }
  }

  #volumeGone(volume: VolumeWire): void {
    if (volume.spec.persistentVolumeReclaimPolicy !== "Delete") return;
    const group = this.#cluster.get(
      "nodelocalstorages",
      volume.metadata.annotations?.[annotations.nodeLocalStorage] ?? "",
    );
    if (group?.metadata.annotations?.[annotations.nodeLost] === group?.spec.nodeName) return;
    const { group: groupName, name } = volumeAt(volume);
    // One that came by an entry that an admin put back is another volume.
    const isAnother = this.setByHand.has(name);
    if (!isAnother && this.#lvOf(group?.spec.nodeName ?? "", groupName, name) !== undefined) {
      throw new Violation("a PersistentVolume went before its volume", name);
    }
  }

  #selectedNodeCleared({ metadata, spec }: ClaimWire, node: string): void {
    const volume = `pvc-${metadata.uid}`;
    if (this.#cluster.get("persistentvolumes", volume) !== undefined) {
      throw new Violation(
        "selected-node was cleared of a claim that has a PersistentVolume",
        volume,
      );
    }
    const storageClass = this.#cluster.get("storageclasses", spec.storageClassName);
    const groupName =
      (storageClass?.["parameters"] as { readonly volumeGroup?: string } | undefined)
        ?.volumeGroup ?? "";
    const group = this.#cluster.get("nodelocalstorages", nodeLocalStorageName(node, groupName));
    const entry = group?.spec.volumes.find(({ name }) => name === volume);
    if (entry !== undefined && entry.delete !== true) {
      throw new Violation(
        "selected-node was cleared while its volume may still come",
        `${volume} on ${node}`,
      );
    }
  }

  #volumeRemoved(host: Host, name: string, { extents, wiped }: Seen): void {
    if (!this.#buried.has(`${host.name}/${name}`)) {
      throw new Violation("a volume was removed without a tombstone", `${name} on ${host.name}`);
    }
    const owner = host.contents.get(name);
    host.contents.delete(name);
    if (owner !== undefined && wiped < extents * extentSize) {
      throw new Violation("a tenant's data was left on the disk", `${name} on ${host.name}`);
    }
    if (owner !== undefined && this.#claimOf(owner) !== undefined) {
      throw new Violation("the data of a living claim was removed", `${name} on ${host.name}`);
    }
  }

  #claimOf(uid: string | undefined): ClaimWire | undefined {
    return this.#cluster.all("persistentvolumeclaims").find(({ metadata }) => metadata.uid === uid);
  }

  #lvOf(node: string, group: string, name: string): Seen | undefined {
    return this.#hosts
      .get(node)
      ?.node.group(group)
      ?.volumes.find((lv) => lv.name === name);
  }
}
