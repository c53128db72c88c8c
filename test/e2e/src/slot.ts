import type { World } from "./world.ts";

const sectorsOf = (mebibytes: number): number => mebibytes * 2048;

/** Where scripts are run on nodes. */
type Host = Pick<World, "onNode">;

type Place = { readonly disk: string; readonly offsetMiB: number; readonly sizeMiB: number };

/**
 * A disk of a node's that can be pulled out while it is in use, put back, made larger, or made to
 * fail or hang: a window of device-mapper's on one of the node's disks. It begins behind the disk's first
 * sectors, so that LVM finds a label by the slot's name only. It is gone after a power cut.
 */
export class Slot {
  readonly path: string;
  readonly #host: Host;
  readonly #node: string;
  readonly #name: string;
  #place: Place;
  #pulled = 0;

  private constructor(host: Host, node: string, name: string, place: Place) {
    this.#host = host;
    this.#node = node;
    this.#name = name;
    this.#place = place;
    this.path = `/dev/mapper/${name}`;
  }

  static async make(host: Host, node: string, name: string, place: Place): Promise<Slot> {
    const slot = new Slot(host, node, name, place);
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

  /** Whatever reads or writes it gets an I/O error until `mend`. */
  async fail(): Promise<void> {
    await this.#load(`0 ${sectorsOf(this.#place.sizeMiB)} error`);
  }

  /** Works for two seconds and fails for two, until `mend`. */
  async falter(): Promise<void> {
    const { disk, offsetMiB, sizeMiB } = this.#place;
    await this.#load(`0 ${sectorsOf(sizeMiB)} flakey ${disk} ${sectorsOf(offsetMiB)} 2 2`);
  }

  async mend(): Promise<void> {
    await this.#load(this.#table);
  }

  /** What is under way goes on by the new table. */
  async #load(table: string): Promise<void> {
    const name = this.#name;
    await this.#run(
      `echo '${table}' | dmsetup load ${name} && dmsetup suspend --noflush --nolockfs ${name} && dmsetup resume ${name}`,
    );
  }

  async remove(): Promise<void> {
    await this.putBack();
    await this.resume();
    const dead = `dmsetup ls | cut -f1 | grep '^${this.#name}-pulled-'`;
    await this.#run(
      `wipefs --all --quiet ${this.path}; for name in ${this.#name} $(${dead}); do dmsetup remove --retry $name; done; true`,
    );
  }

  async #run(script: string): Promise<void> {
    await this.#host.onNode(this.#node, script);
  }
}
