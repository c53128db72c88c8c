import type { VolumeEntryWire } from "@stowage/api";
import type { FakeVolume } from "./fake-disks.ts";
import type { FakeStorage } from "./fake-storage.ts";
import { handedOut } from "./fake-storage.ts";

type Mode = "Block" | "Filesystem";

/** A claim's volume: promised, then given to a tenant who writes to all of it, then condemned. */
type Tenant = {
  readonly name: string;
  readonly mode: Mode;
  extents: number;
  wipe: "zero" | "discard" | "none";
  state: "pending" | "living" | "condemned";
};

const mebibytes = 4;

/** The tenants of one node's group, and the admin who uses its room too. */
export class Tenants {
  readonly #storage: FakeStorage;
  readonly #all: Tenant[] = [];
  #made = 0;
  /** How many volumes were handed out. */
  given = 0;
  readonly #byHand = new Set<FakeVolume>();

  constructor(storage: FakeStorage) {
    this.#storage = storage;
  }

  get entries(): VolumeEntryWire[] {
    return this.#all.map(({ name, mode, extents, wipe, state }) => {
      const more = { volumeMode: mode, wipe } as const;
      const uid = name.slice("pvc-".length);
      return {
        ...handedOut(uid, `${extents * mebibytes}Mi`, more),
        ...(state === "pending" ? { pending: true as const } : {}),
        ...(state === "condemned" ? { delete: true as const } : {}),
      };
    });
  }

  promise(mode: Mode, extents: number): void {
    this.#made += 1;
    const name = `pvc-${this.#storage.nodeName}-${this.#made}`;
    this.#all.push({ name, mode, extents, wipe: "zero", state: "pending" });
  }

  grow(nth: number, extents: number): void {
    const tenant = this.#pick("living", nth);
    if (tenant !== undefined) tenant.extents += extents;
  }

  condemn(nth: number, wipe: Tenant["wipe"]): void {
    const tenant = this.#pick("living", nth);
    if (tenant !== undefined) this.#condemn(tenant, wipe);
  }

  /** All at once, with no pod left that has them open. */
  clearOut(): void {
    for (const tenant of this.#all.filter(({ state }) => state === "living")) {
      this.#condemn(tenant, "zero");
      const volume = this.volumeOf(tenant);
      if (volume !== undefined) volume.use = "closed";
    }
  }

  #condemn(tenant: Tenant, wipe: Tenant["wipe"]): void {
    tenant.state = "condemned";
    tenant.wipe = wipe;
    const { ground } = this.#storage.node;
    for (const place of this.volumeOf(tenant)?.places ?? []) ground.letGo(place);
  }

  /** An admin's volume with his data in it. */
  makeByHand(extents: number): void {
    const { node } = this.#storage;
    const group = this.#group;
    if (group === undefined) return;
    const room = node.roomOn(node.allocatable(group));
    if (room < extents) return;
    const volume = node.addVolume(group, `by-hand-${group.volumes.length}-${room}`, extents, []);
    this.#take(volume);
  }

  snapshot(nth: number): void {
    const origins = [...this.#volumes("living"), ...this.#volumes("condemned")];
    const origin = origins[nth % Math.max(1, origins.length)];
    if (origin !== undefined && origin.wiped === 0) this.snapshotOf(origin);
  }

  /** Whoever makes one holds what the volume had then. */
  snapshotOf(origin: FakeVolume): void {
    const { node } = this.#storage;
    const group = this.#group;
    if (group === undefined || node.roomOn(node.allocatable(group)) < 1) return;
    const name = `nightly-${group.volumes.length}-${node.freeExtents(group)}`;
    const made = node.addVolume(group, name, 1, []);
    made.origin = origin.name;
    this.#take(made);
  }

  /** The admin removes what he made, and its bytes stay. */
  dropByHand(nth: number): void {
    const volumes = [...this.#byHand];
    const volume = volumes[nth % Math.max(1, volumes.length)];
    if (volume === undefined) return;
    this.#byHand.delete(volume);
    const all = this.#group?.volumes ?? [];
    all.splice(all.indexOf(volume), 1);
    for (const place of volume.places) this.#storage.node.ground.letGo(place);
  }

  /** The node below /dev of a volume that nobody has open leads to somebody else's device. */
  loseLink(nth: number): void {
    const closed = (this.#group?.volumes ?? []).filter(({ use }) => use === "closed");
    const volume = closed[nth % Math.max(1, closed.length)];
    if (volume !== undefined) volume.link = "astray";
  }

  /** Condemned volumes of which nothing was wiped yet, but for this one. */
  waiting(behind: string): FakeVolume[] {
    return this.#volumes("condemned").filter(
      ({ name, wiped, use }) => name !== behind && wiped === 0 && use === "closed",
    );
  }

  isCondemned(name: string): boolean {
    return this.#all.some((tenant) => tenant.name === name && tenant.state === "condemned");
  }

  /** What is Ready is given to its tenant. What he could read there that is not his; undefined if nothing. */
  handOut(): string | undefined {
    const { volumeStates } = this.#storage;
    for (const tenant of this.#all) {
      const volume = this.volumeOf(tenant);
      if (tenant.state === "pending" && volumeStates[tenant.name] === "Ready") {
        if (volume === undefined) return `${tenant.name} is Ready, and is not there`;
        const readable = this.#foreignIn(tenant, volume);
        if (readable !== undefined) return `new: ${readable}`;
        tenant.state = "living";
        this.given += 1;
        volume.use = "open";
      }
      if (tenant.state === "living" && volume !== undefined) this.#write(tenant, volume);
      if (tenant.state === "condemned" && volume !== undefined) volume.use = "closed";
    }
    const gone = this.#all.filter(
      ({ name, state }) => state === "condemned" && volumeStates[name] === "Deleted",
    );
    for (const tenant of gone) this.#all.splice(this.#all.indexOf(tenant), 1);
    return undefined;
  }

  /** What a tenant or the admin has lost, or reads of others; undefined if nothing. */
  harmed(): string | undefined {
    for (const volume of this.#byHand) {
      if (this.#group?.volumes.includes(volume) !== true) return `${volume.name} is gone`;
    }
    for (const tenant of this.#all.filter(({ state }) => state === "living")) {
      const volume = this.volumeOf(tenant);
      if (volume === undefined) return `${tenant.name} is gone`;
      const readable = tenant.mode === "Block" ? this.#foreignIn(tenant, volume) : undefined;
      if (readable !== undefined) return `in use: ${readable}`;
    }
    return undefined;
  }

  volumeOf({ name }: Pick<Tenant, "name">): FakeVolume | undefined {
    return this.#group?.volumes.find((volume) => volume.name === name);
  }

  get #group() {
    const { node } = this.#storage;
    return node.groups.find(
      (group) => group.uuid.startsWith(node.brand) && node.devicesOf(group).length > 0,
    );
  }

  #volumes(state: Tenant["state"]): FakeVolume[] {
    return this.#all
      .filter((tenant) => tenant.state === state)
      .flatMap((tenant) => this.volumeOf(tenant) ?? []);
  }

  #pick(state: Tenant["state"], nth: number): Tenant | undefined {
    const all = this.#all.filter((tenant) => tenant.state === state);
    return all[nth % Math.max(1, all.length)];
  }

  #foreignIn({ name, mode }: Tenant, volume: FakeVolume): string | undefined {
    if (mode === "Filesystem") {
      return volume.content === "stale" ? `${name} has old signatures` : undefined;
    }
    const foreign = [...this.#storage.node.readableOn(volume)].filter(
      (mark) => mark !== "zero" && mark !== name,
    );
    return foreign.length === 0 ? undefined : `${name} shows ${foreign.join(", ")}`;
  }

  #write({ name }: Tenant, volume: FakeVolume): void {
    volume.content = "data";
    volume.wiped = 0;
    for (const place of volume.places) this.#storage.node.ground.own(place, name);
  }

  #take(volume: FakeVolume): void {
    this.#byHand.add(volume);
    for (const place of volume.places) this.#storage.node.ground.own(place, "admin");
  }
}
