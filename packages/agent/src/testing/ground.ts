/** One extent of a device, which is known by its UUID. The head lies before the first of them. */
export type Place = { readonly device: string; readonly extent: number };

/** A disk's tables and labels, and LVM's metadata. */
export const headOf = (device: string): Place => ({ device, extent: -1 });

/**
 * Whose bytes lie on the disks, whatever any host's LVM says of them; hosts that see one disk share its
 * ground. What belongs to somebody is his until he lets go of it: whoever writes there does harm.
 */
export class Ground {
  readonly #marks = new Map<string, string>();
  readonly #owners = new Map<string, string>();
  /** Whose command runs: what an owner writes himself does no harm. */
  writer = "";
  /** "uuid-/dev/sda 3 of an admin: zero by n1", one for each place that was not the writer's to write. */
  readonly harm: string[] = [];

  /** `mark`: "zero", or who wrote it. */
  write(place: Place, mark: string): void {
    const key = keyOf(place);
    const owner = this.#owners.get(key);
    if (owner !== undefined && owner !== this.writer) {
      this.harm.push(`${key} of ${owner}: ${mark} by ${this.writer}`);
    }
    this.#marks.set(key, mark);
  }

  /** A few bytes are written: what lies on the rest of the place is what it was. */
  touch(place: Place, by: string): void {
    if (this.#owners.has(keyOf(place))) this.write(place, by);
  }

  /** A disk that nobody wrote in this life holds what was there before. */
  lyingOn(place: Place): string {
    return this.#marks.get(keyOf(place)) ?? "before";
  }

  /** Whoever has the place writes what is his. */
  own(place: Place, owner: string): void {
    this.#marks.set(keyOf(place), owner);
    this.#owners.set(keyOf(place), owner);
  }

  /** What lies there stays, and is nobody else's to write. */
  claim(place: Place, owner: string): void {
    this.#owners.set(keyOf(place), owner);
  }

  ownerOf(place: Place): string | undefined {
    return this.#owners.get(keyOf(place));
  }

  /** What was written stays where it is, and is nobody's. */
  letGo(place: Place): void {
    this.#owners.delete(keyOf(place));
  }

  /** What is copied is the same owner's, and what it was copied from is nobody's. */
  move(from: Place, to: Place): void {
    this.write(to, this.lyingOn(from));
    const owner = this.ownerOf(from);
    if (owner === undefined) return;
    this.letGo(from);
    this.#owners.set(keyOf(to), owner);
  }
}

const keyOf = ({ device, extent }: Place): string => `${device} ${extent}`;
