import { annotations } from "@stowage/api";
import { extentsFor, mib, parseQuantity } from "@stowage/capacity";
import type { VirtualClock } from "@stowage/clock";
import { identityOf } from "@stowage/lvm";
import type { ClusterState } from "./cluster.ts";
import { isGoing } from "./cluster.ts";
import type { Hosts } from "./on-disk.ts";
import { claimOf, lvOf } from "./on-disk.ts";
import { Violation } from "./violation.ts";
import type { GroupWire } from "./wire.ts";

export const extentSize = mib(4);

/** How long a program's view of an agent's report may lag: longer than any stall of a watch. */
const longestLag = 180_000;

type Entry = GroupWire["spec"]["volumes"][number];

export const extentsOfEntries = (entries: readonly Entry[]): number =>
  entries.reduce((total, { size }) => total + extentsFor(parseQuantity(size), extentSize), 0);

/** What the provisioner may write to a ledger: no promise beyond the room, no tombstone for data. */
export class LedgerInvariants {
  readonly #cluster: ClusterState;
  readonly #clock: VirtualClock;
  readonly #hosts: Hosts;
  /** What was reported of each group, newest last. */
  readonly #reports = new Map<string, { readonly at: number; readonly extents: number }[]>();
  /** "host/volume" of which a tombstone was ever set. */
  readonly buried = new Set<string>();
  /** Volumes of which somebody else than the provisioner put in an entry, or another size. */
  readonly setByHand = new Set<string>();
  /** Volumes whose entries somebody else than the provisioner took away. */
  readonly droppedByHand = new Set<string>();

  constructor(cluster: ClusterState, clock: VirtualClock, hosts: Hosts) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#hosts = hosts;
  }

  written(now: GroupWire, before: GroupWire | undefined): void {
    const { name } = now.metadata;
    const allocatable = now.status?.allocatable;
    if (allocatable !== undefined) this.#reported(name, parseQuantity(allocatable) / extentSize);
    const old = new Map((before?.spec.volumes ?? []).map((entry) => [entry.name, entry]));
    const { nodeName } = now.spec;
    for (const entry of now.spec.volumes) {
      const was = old.get(entry.name);
      if (entry.delete === true && was?.delete !== true) {
        this.buried.add(`${nodeName}/${entry.name}`);
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
    const now = this.#clock.moment();
    const all = this.#reports.get(name) ?? [];
    const last = all.at(-1);
    if (last?.extents === extents) return;
    all.push({ at: now, extents });
    // The newest of those that are too old was still in force when the lag began.
    while ((all[1]?.at ?? now) < now - longestLag) all.shift();
    this.#reports.set(name, all);
  }

  #checkRoom({ metadata, spec }: GroupWire, entry: Entry): void {
    const { claim, name, size } = entry;
    const lv = lvOf(this.#hosts, spec.nodeName, spec.volumeGroup, name);
    // It promises nothing: it says what is there, whatever an admin has promised by hand meanwhile.
    const isThere = lv !== undefined && identityOf(lv.tags)?.claim?.uid === claim?.uid;
    if (isThere && lv.extents >= extentsFor(parseQuantity(size), extentSize)) return;
    const promised = extentsOfEntries(spec.volumes);
    const most = Math.max(
      0,
      ...(this.#reports.get(metadata.name) ?? []).map(({ extents }) => extents),
    );
    if (promised > most) {
      throw new Violation(
        "more was promised than is allocatable",
        `${metadata.name} has ${promised} extents promised of ${most} with ${name}`,
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
    const current = claimOf(this.#cluster, claim?.uid);
    if (current !== undefined && current.spec.volumeName === entry.name && isHere) {
      throw new Violation("the volume of a living claim was condemned", entry.name);
    }
  }

  #dropped({ spec, metadata }: GroupWire, entry: Entry): void {
    const isLost = metadata.annotations?.[annotations.nodeLost] === spec.nodeName;
    const volume = this.#cluster.get("persistentvolumes", entry.name);
    const isKept = volume?.spec.persistentVolumeReclaimPolicy === "Retain" && isGoing(volume);
    if (isLost || isKept) return;
    const lv = lvOf(this.#hosts, spec.nodeName, spec.volumeGroup, entry.name);
    if (lv !== undefined && identityOf(lv.tags)?.claim?.uid === entry.claim?.uid) {
      throw new Violation("an entry went before its volume", `${entry.name} on ${spec.nodeName}`);
    }
  }
}
