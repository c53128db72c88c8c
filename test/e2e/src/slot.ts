import type { World } from "./world.ts";

const sectorsOf = (mebibytes: number): number => mebibytes * 2048;

type Place = { readonly disk: string; readonly offsetMiB: number; readonly sizeMiB: number };

/**
 * A disk of a node's that can be pulled out while it is in use, put back, made larger, or made to
 * hang: a window of device-mapper's on one of the node's disks. It begins behind the disk's first
 * sectors, so that LVM finds a label by the slot's name only. It is gone after a power cut.
 */
export class Slot {
  readonly path: string;
  readonly #world: World;
  readonly #node: string;
  readonly #name: string;
  #place: Place;
  #pulled = 0;

  private constructor(world: World, node: string, name: string, place: Place) {
    this.#world = world;
    this.#node = node;
    this.#name = name;
    this.#place = place;
    this.path = `/dev/mapper/${name}`;
  }

  static async make(world: World, node: string, name: string, place: Place): Promise<Slot> {
    const slot = new Slot(world, node, name, place);
    await slot.putBack();
    await slot.#run(`wipefs --all --quiet ${slot.path}`);
    return slot;
  }

  get #table(): string {
    const { disk, offsetMiB, sizeMiB } = this.#place;
    return `0 ${sectorsOf(sizeMiB)} linear ${disk} ${sectorsOf(offsetMiB)}`;
  }

  /** Whoever has it open keeps a dead device; its name is free. */
  async pull(): Promise<void> {
    this.#pulled += 1;
    const dead = `${this.#name}-pulled-${this.#pulled}`;
    await this.#run(`dmsetup wipe_table ${this.#name} && dmsetup rename ${this.#name} ${dead}`);
  }

  /** With what was on it, and another number than before; nothing if it was not pulled. */
  async putBack(): Promise<void> {
    await this.#run(
      `dmsetup info ${this.#name} >/dev/null 2>&1 || echo '${this.#table}' | dmsetup create ${this.#name}`,
    );
  }

  /** Takes away what is left of a slot that was pulled; fails while something leads to it. */
  async removePulled(): Promise<void> {
    await this.#run(`dmsetup remove ${this.#name}-pulled-${this.#pulled}`);
  }

  async grow(sizeMiB: number): Promise<void> {
    this.#place = { ...this.#place, sizeMiB };
    await this.#run(
      `echo '${this.#table}' | dmsetup reload ${this.#name} && dmsetup resume ${this.#name}`,
    );
  }

  /** Whatever reads or writes it waits until `resume`. */
  async hang(): Promise<void> {
    await this.#run(`dmsetup suspend --noflush --nolockfs ${this.#name}`);
  }

  async resume(): Promise<void> {
    await this.#run(`dmsetup resume ${this.#name}`);
  }

  async remove(): Promise<void> {
    await this.putBack();
    await this.resume();
    const dead = `dmsetup ls | cut -f1 | grep '^${this.#name}-pulled-'`;
    await this.#run(
      `wipefs --all --quiet ${this.path}; for name in ${this.#name} $(${dead}); do dmsetup remove $name; done; true`,
    );
  }

  async #run(script: string): Promise<void> {
    await this.#world.onNode(this.#node, script);
  }
}
