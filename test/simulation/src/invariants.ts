import type { FakeVolume } from "@stowage/agent/testing";
import type { VirtualClock } from "@stowage/clock";
import type { StoreEvent } from "@stowage/kube/testing";
import { identityOf } from "@stowage/lvm";
import type { ClusterState } from "./cluster.ts";
import type { Host } from "./host.ts";
import { selectedNodeOf } from "./kinds.ts";
import { extentSize, LedgerInvariants } from "./ledger-invariants.ts";
import type { Hosts, OnDisk } from "./on-disk.ts";
import { claimOf } from "./on-disk.ts";
import { Violation } from "./violation.ts";
import { VolumeInvariants } from "./volume-invariants.ts";
import { wireOf } from "./wire.ts";

/**
 * What holds at every moment, whatever fails: the invariants of the design, checked at each write
 * to the API server, after each command on a node and at each mount.
 */
export class Invariants {
  readonly #cluster: ClusterState;
  readonly #persistentVolumes: VolumeInvariants;
  /** By host and name. */
  readonly #onDisk = new Map<string, Map<string, OnDisk>>();
  /** Claims whose pods have written data, and where it lies. */
  readonly #written = new Map<string, string>();
  readonly ledgers: LedgerInvariants;

  constructor(cluster: ClusterState, clock: VirtualClock, hosts: Hosts) {
    this.#cluster = cluster;
    this.ledgers = new LedgerInvariants(cluster, clock, hosts);
    this.#persistentVolumes = new VolumeInvariants(cluster, hosts, this.ledgers);
  }

  /** After each write to the API server. */
  stored({ plural, type, object, before }: StoreEvent): void {
    if (plural === "nodelocalstorages" && type === "put") {
      this.ledgers.written(
        wireOf("nodelocalstorages", object),
        before === undefined ? undefined : wireOf("nodelocalstorages", before),
      );
    }
    if (plural === "persistentvolumes") {
      const volume = wireOf("persistentvolumes", object);
      if (type === "put" && before === undefined) this.#persistentVolumes.created(volume);
      if (type === "put" && before !== undefined) {
        this.#persistentVolumes.told(
          volume,
          volume.spec.capacity,
          wireOf("persistentvolumes", before).spec.capacity,
        );
      }
      if (type === "deleted") this.#persistentVolumes.gone(volume);
    }
    if (plural === "persistentvolumeclaims" && type === "put" && before !== undefined) {
      const claim = wireOf("persistentvolumeclaims", object);
      const volume = this.#cluster.get("persistentvolumes", claim.spec.volumeName ?? "");
      const was = wireOf("persistentvolumeclaims", before).status.capacity;
      if (volume !== undefined) this.#persistentVolumes.told(volume, claim.status.capacity, was);
      const wasFor = selectedNodeOf(before);
      if (wasFor !== undefined && selectedNodeOf(object) === undefined) {
        this.#persistentVolumes.selectedNodeCleared(
          wireOf("persistentvolumeclaims", object),
          wasFor,
        );
      }
    }
  }

  /** After each command on a host that may have changed its disks. */
  changed(host: Host): void {
    const known = this.#onDisk.get(host.name) ?? new Map<string, OnDisk>();
    const now = new Map<string, OnDisk>();
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
    this.#onDisk.set(host.name, now);
    const [harm] = host.node.ground.harm;
    if (harm !== undefined) throw new Violation("bytes of others were written", harm);
    for (const snapshot of host.snapshots) {
      if (host.node.groups.some(({ volumes }) => volumes.includes(snapshot))) continue;
      throw new Violation("an admin's snapshot was removed", `${snapshot.name} on ${host.name}`);
    }
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

  /**
   * On the bytes: whoever has a raw volume must not read what another one wrote, on what it has grown
   * by neither.
   */
  readable(host: Host, volume: FakeVolume, uid: string): void {
    const foreign = [...host.node.readableOn(volume)].filter(
      (mark) => mark !== "zero" && mark !== uid,
    );
    if (foreign.length === 0) return;
    throw new Violation(
      "a pod can read what it has not written",
      `${volume.name} on ${host.name} holds bytes of ${foreign.join(", ")}`,
    );
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

  #volumeRemoved(host: Host, name: string, { extents, wiped }: OnDisk): void {
    if (!this.ledgers.buried.has(`${host.name}/${name}`)) {
      throw new Violation("a volume was removed without a tombstone", `${name} on ${host.name}`);
    }
    const owner = host.contents.get(name);
    host.contents.delete(name);
    if (owner !== undefined && wiped < extents * extentSize) {
      throw new Violation("a tenant's data was left on the disk", `${name} on ${host.name}`);
    }
    if (owner !== undefined && claimOf(this.#cluster, owner) !== undefined) {
      throw new Violation("the data of a living claim was removed", `${name} on ${host.name}`);
    }
  }
}
