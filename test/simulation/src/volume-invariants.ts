import { annotations, hostnameLabel, nodeLocalStorageName } from "@stowage/api";
import { parseQuantity } from "@stowage/capacity";
import { identityOf } from "@stowage/lvm";
import type { ClusterState } from "./cluster.ts";
import type { LedgerInvariants } from "./ledger-invariants.ts";
import { extentSize } from "./ledger-invariants.ts";
import type { Hosts } from "./on-disk.ts";
import { claimOf, lvOf } from "./on-disk.ts";
import { Violation } from "./violation.ts";
import type { ClaimWire, VolumeWire } from "./wire.ts";
import { affinityOf, volumeAt } from "./wire-facts.ts";

type Size = { readonly storage: string };

/** What a PersistentVolume stands for, and when an attempt at one may be given up. */
export class VolumeInvariants {
  readonly #cluster: ClusterState;
  readonly #hosts: Hosts;
  readonly #ledgers: LedgerInvariants;

  constructor(cluster: ClusterState, hosts: Hosts, ledgers: LedgerInvariants) {
    this.#cluster = cluster;
    this.#hosts = hosts;
    this.#ledgers = ledgers;
  }

  created(volume: VolumeWire): void {
    const { name } = volume.metadata;
    const group = this.#cluster.get(
      "nodelocalstorages",
      volume.metadata.annotations?.[annotations.nodeLocalStorage] ?? "",
    );
    const node = group?.spec.nodeName ?? "";
    const { group: groupName, name: lvName } = volumeAt(volume);
    const lv = lvOf(this.#hosts, node, groupName, lvName);
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
    const isDropped = entry === undefined && this.#ledgers.droppedByHand.has(name);
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
    const claim = claimOf(this.#cluster, volume.spec.claimRef.uid);
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
  told(volume: VolumeWire, now: Size | undefined, before: Size | undefined): void {
    if (now === undefined || now.storage === before?.storage) return;
    const group = this.#cluster.get(
      "nodelocalstorages",
      volume.metadata.annotations?.[annotations.nodeLocalStorage] ?? "",
    );
    const { group: groupName, name } = volumeAt(volume);
    const lv = lvOf(this.#hosts, group?.spec.nodeName ?? "", groupName, name);
    if (lv !== undefined && parseQuantity(now.storage) > lv.extents * extentSize) {
      throw new Violation("a growth was told of that the disk does not have", name);
    }
  }

  gone(volume: VolumeWire): void {
    if (volume.spec.persistentVolumeReclaimPolicy !== "Delete") return;
    const group = this.#cluster.get(
      "nodelocalstorages",
      volume.metadata.annotations?.[annotations.nodeLocalStorage] ?? "",
    );
    if (group?.metadata.annotations?.[annotations.nodeLost] === group?.spec.nodeName) return;
    const { group: groupName, name } = volumeAt(volume);
    // One that came by an entry that an admin put back is another volume.
    const isAnother = this.#ledgers.setByHand.has(name);
    if (
      !isAnother &&
      lvOf(this.#hosts, group?.spec.nodeName ?? "", groupName, name) !== undefined
    ) {
      throw new Violation("a PersistentVolume went before its volume", name);
    }
  }

  selectedNodeCleared({ metadata, spec }: ClaimWire, node: string): void {
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
}
