import { minutes, milliseconds, seconds, VirtualClock } from "@stowage/clock";
import type { Command } from "@stowage/lvm";
import type { FakeDevice } from "./fake-disks.ts";
import { elsewhere } from "./fake-disks.ts";
import { FakeStorage } from "./fake-storage.ts";
import { Ground } from "./ground.ts";
import { shareDisk } from "./shared-disk.ts";
import { Tenants } from "./tenants.ts";

/** What lies on a disk when the history begins. */
export type Content = "blank" | "raw" | "ext4" | "stranger";
/** What the spec says of a disk. */
export type Wish = "none" | "use" | "erase" | "match";

type DiskPlan = { readonly content: Content; readonly wish: Wish };

export type HostsPlan = {
  readonly lun: { readonly content: Content; readonly wishes: readonly [Wish, Wish] };
  /** Two of the first host, and one of the second. */
  readonly disks: readonly [DiskPlan, DiskPlan, DiskPlan];
};

export const lunPath = "/dev/disk/by-id/lun";

export type Side = {
  readonly storage: FakeStorage;
  readonly tenants: Tenants;
  readonly wishes: Map<string, Wish>;
  evacuated: string | undefined;
};

/**
 * Two nodes with an agent each, disks of their own, and one disk that both see. Nobody coordinates
 * them but what is on the disks.
 */
export class TwoHosts {
  readonly clock = new VirtualClock();
  readonly ground = new Ground();
  readonly sides: readonly [Side, Side];
  /** Before each command: by whom, and how many of his were before it. */
  before: (side: Side, command: Command, count: number) => void = () => undefined;
  /** What broke first. */
  broken: string | undefined;
  readonly #lun: FakeDevice;

  constructor({ lun, disks }: HostsPlan) {
    const [first, second] = [this.#side("n1"), this.#side("n2")];
    this.sides = [first, second];
    for (const place of elsewhere) this.ground.own(place, "whoever is elsewhere");
    this.#lun = first.storage.node.addDevice(lunPath, 120, { serial: "lun", transport: "fc" });
    const view = shareDisk(this.#lun, first.storage.node, second.storage.node, lunPath);
    Object.assign(view, { transport: "fc" });
    first.wishes.set(lunPath, lun.wishes[0]);
    second.wishes.set(lunPath, lun.wishes[1]);
    this.#fill(first, this.#lun, lun.content, lun.wishes);
    const sideOf = (index: number): Side => (index === 2 ? second : first);
    for (const [index, plan] of disks.entries()) sideOf(index).wishes.set(pathOf(index), plan.wish);
    for (const [index, plan] of disks.entries()) {
      const side = sideOf(index);
      const device = side.storage.node.addDevice(pathOf(index), 80, { serial: `S${index}` });
      // A match means every disk of its host.
      const match = [...side.wishes.values()].filter((said) => said === "match");
      this.#fill(side, device, plan.content, [plan.wish, ...match]);
    }
  }

  /** Tells the agents what is wished, and lets them work until both have come to rest. */
  async round(): Promise<void> {
    for (const side of this.sides) wish(side);
    await Promise.all(this.sides.map((side) => this.#settle(side)).concat(this.#tick()));
    for (const { tenants, storage } of this.sides) {
      this.#note(tenants.handOut(), storage);
    }
    await this.clock.advance(seconds(61));
  }

  #working = 0;

  /** The clock of both moves as long as one of them works. */
  async #tick(): Promise<void> {
    const end = this.clock.moment() + minutes(5);
    await Promise.resolve();
    while (this.#working > 0 && this.clock.moment() < end) {
      await this.clock.advance(milliseconds(1));
    }
    if (this.#working > 0) this.broken ??= "an agent does not come to rest";
  }

  async #settle(side: Side): Promise<void> {
    this.#working += 1;
    const { storage } = side;
    try {
      for (;;) {
        storage.woken = 0;
        await storage.begin();
        await this.clock.sleep(milliseconds(40));
        if (storage.woken === 0) break;
      }
    } catch (error) {
      if (!(error instanceof Error) || error.message !== "the agent died") throw error;
      storage.restartAgent();
    }
    this.#working -= 1;
  }

  #side(name: string): Side {
    const storage = new FakeStorage(name, {
      clock: this.clock,
      ground: this.ground,
      brand: `${name}-`,
    });
    const side: Side = {
      storage,
      tenants: new Tenants(storage),
      wishes: new Map(),
      evacuated: undefined,
    };
    let count = 0;
    let moment = 0;
    storage.node.duration = () => milliseconds(1 + ((moment += 7) % 5));
    storage.node.trouble = (command) => {
      this.#look();
      this.before(side, command, count);
      count += 1;
      return undefined;
    };
    return side;
  }

  /** What is on the bytes after each command, whatever anybody's LVM says. */
  #look(): void {
    const { harm } = this.ground;
    this.broken ??= harm[0];
    for (const { tenants, storage } of this.sides) this.#note(tenants.harmed(), storage);
    this.#ownLun();
  }

  #note(harm: string | undefined, { nodeName }: FakeStorage): void {
    if (harm !== undefined) this.broken ??= `${nodeName}: ${harm}`;
  }

  /** Once a host's group has the disk that both see, it is no other host's to write. */
  #ownLun(): void {
    const group = this.#lun.group ?? "";
    const owner = this.sides.find(({ storage }) => group.startsWith(storage.node.brand));
    const brands = new Set(this.sides.map(({ storage }) => storage.node.brand));
    for (const place of this.sides[0].storage.node.placesOn(this.#lun)) {
      const now = this.ground.ownerOf(place);
      if (owner !== undefined && now === undefined)
        this.ground.claim(place, owner.storage.node.brand);
      if (owner === undefined && now !== undefined && brands.has(now)) this.ground.letGo(place);
    }
  }

  /** What nobody's spec lets an agent write is somebody's. */
  #fill(
    { storage: { node } }: Side,
    device: FakeDevice,
    content: Content,
    wishes: readonly Wish[],
  ): void {
    if (content === "stranger") node.addGroup("theirs", [device], [], `theirs-${device.uuid}`);
    if (content === "ext4") device.signatures.push("ext4");
    if (content === "raw") device.ends = "data";
    const mayBe = (wish: Wish): boolean => wishes.includes(wish);
    const isLocal = device !== this.#lun;
    const isFree = {
      blank: mayBe("use") || mayBe("erase") || (mayBe("match") && isLocal),
      raw: mayBe("use") || mayBe("erase"),
      ext4: mayBe("erase"),
      stranger: false,
    }[content];
    if (!isFree) for (const place of node.placesOn(device)) this.ground.own(place, content);
  }
}

const pathOf = (index: number): string => `/dev/disk/by-id/d${index}`;

const wish = ({ storage, tenants, wishes, evacuated }: Side): void => {
  storage.wish({
    devices: [...wishes].flatMap(([path, said]) =>
      said === "use" || said === "erase"
        ? [
            {
              path,
              ...(said === "erase" ? { wipe: true as const } : {}),
              ...(path === evacuated ? { evacuate: true as const } : {}),
            },
          ]
        : [],
    ),
    ...([...wishes.values()].includes("match") ? { match: { minSize: "16Mi" } } : {}),
    volumes: tenants.entries,
  });
};
