import type { StorageClass } from "@stowage/api";
import { keyOf, volumeNameOf } from "@stowage/api";
import { Adoptions } from "./adoptions.ts";
import type {
  CachedAdoption,
  CachedAgent,
  CachedClaim,
  CachedNode,
  CachedStorage,
} from "./cached.ts";
import { Classes } from "./classes.ts";
import type { AdoptedVolume } from "./demand.ts";
import type { Hold } from "./ledger.ts";
import { Ledger } from "./ledger.ts";
import type { Seat } from "./seats.ts";
import { Seats } from "./seats.ts";

/** Something that was seen (added or changed) or is gone. */
export type Sighting<T> = { readonly kind: "seen" | "gone"; readonly object: T };

/** The cluster as far as placement depends on it, kept up sighting by sighting. */
export class Cluster {
  readonly seats = new Seats();
  readonly ledger = new Ledger(this.seats);
  readonly classes = new Classes();
  readonly #adoptions = new Adoptions();
  readonly #claims = new Map<string, CachedClaim>();
  /** What each unbound claim with a selected-node holds in the ledger. */
  readonly #selected = new Map<string, Hold>();
  /** The seats that have a Node. */
  readonly #nodes = new Set<Seat>();
  readonly #claimWatchers: ((key: string, claim: CachedClaim | undefined) => void)[] = [];

  claim(key: string): CachedClaim | undefined {
    return this.#claims.get(key);
  }

  /** Where the volumes are that were adopted for the claim; a tombstone is none of them. */
  adopted(key: string, claim: CachedClaim | undefined): readonly AdoptedVolume[] {
    return this.#adoptions
      .for(key, claim)
      .flatMap((volume) => this.ledger.homes(volume).map((node) => ({ volume, node })));
  }

  /** The nodes that exist. */
  nodes(): ReadonlySet<Seat> {
    return this.#nodes;
  }

  onClaim(watcher: (key: string, claim: CachedClaim | undefined) => void): void {
    this.#claimWatchers.push(watcher);
  }

  seeStorage({ kind, object }: Sighting<CachedStorage>): void {
    if (kind === "seen") this.ledger.setStorage(object);
    else this.ledger.removeStorage(object);
  }

  seeClaim({ kind, object }: Sighting<CachedClaim>): void {
    const key = keyOf(object);
    const claim = kind === "seen" ? object : undefined;
    if (claim === undefined) this.#claims.delete(key);
    else this.#claims.set(key, claim);
    this.#holdSelected(key, claim);
    for (const watcher of this.#claimWatchers) watcher(key, claim);
  }

  seeAdoption({ kind, object }: Sighting<CachedAdoption>): void {
    if (kind === "seen") this.#adoptions.set(object);
    else this.#adoptions.delete(object.metadata.name);
  }

  seeClass({ kind, object }: Sighting<StorageClass>): void {
    const { name } = object.metadata;
    if (kind === "seen") this.classes.set(object);
    else this.classes.delete(name);
    for (const [key, claim] of this.#claims) {
      if (claim.storageClassName === name) this.#holdSelected(key, claim);
    }
  }

  seeNode({ kind, object }: Sighting<CachedNode>): void {
    const seat = this.seats.take(object.metadata.name);
    seat.node = kind === "seen" ? object : undefined;
    if (seat.node === undefined) this.#nodes.delete(seat);
    else this.#nodes.add(seat);
    this.seats.leave(seat);
  }

  seeAgent({ kind, object }: Sighting<CachedAgent>): void {
    if (object.nodeName === undefined) return;
    const seat = this.seats.take(object.nodeName);
    const { name } = object.metadata;
    const known = seat.readyAgents.indexOf(name);
    const serves = kind === "seen" && object.state === "serves";
    if (serves && known < 0) seat.readyAgents = seat.readyAgents.concat(name);
    if (!serves && known >= 0) seat.readyAgents = seat.readyAgents.toSpliced(known, 1);
    this.seats.readyChanged(seat);
    this.seats.leave(seat);
  }

  #holdSelected(key: string, claim: CachedClaim | undefined): void {
    const before = this.#selected.get(key);
    if (before !== undefined) this.ledger.release(before);
    this.#selected.delete(key);
    const hold = claim === undefined ? undefined : this.#selectedHold(key, claim);
    if (hold === undefined) return;
    this.ledger.hold(hold);
    this.#selected.set(key, hold);
  }

  #selectedHold(key: string, claim: CachedClaim): Hold | undefined {
    const { metadata, state, storageClassName, request, selectedNode, problem } = claim;
    if (selectedNode === undefined || problem !== undefined || state !== "unbound") {
      return undefined;
    }
    const reading = this.classes.ours(storageClassName)?.reading;
    if (reading?.kind !== "valid") return undefined;
    return {
      kind: "selected",
      claim: key,
      node: selectedNode,
      volumeGroup: reading.parameters.volumeGroup,
      reservation: { name: volumeNameOf(metadata.uid), size: request },
    };
  }
}
