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
  readonly #owned = new Set<string>();
  /** "uuid-/dev/sda 3 of an admin: zero", one for each place that was not the writer's to write. */
  readonly harm: string[] = [];

  /** `mark`: "zero", or who wrote it. */
  write(place: Place, mark: string): void {
    const key = keyOf(place);
    if (this.#owned.has(key)) this.harm.push(`${key} of ${this.#marks.get(key)}: ${mark}`);
    this.#marks.set(key, mark);
  }

  /** A few bytes are written: what lies on the rest of the place is what it was. */
  touch(place: Place, by: string): void {
    if (this.#owned.has(keyOf(place))) this.write(place, by);
  }

  /** A disk that nobody wrote in this life holds what was there before. */
  lyingOn(place: Place): string {
    return this.#marks.get(keyOf(place)) ?? "before";
  }

  /** Whoever has the place writes what is his. */
  own(place: Place, owner: string): void {
    this.#marks.set(keyOf(place), owner);
    this.#owned.add(keyOf(place));
  }

  /** What was written stays where it is, and is nobody's. */
  letGo(place: Place): void {
    this.#owned.delete(keyOf(place));
  }

  /** What is copied is the same owner's, and what it was copied from is nobody's. */
  move(from: Place, to: Place): void {
    this.write(to, this.lyingOn(from));
    if (this.#owned.delete(keyOf(from))) this.#owned.add(keyOf(to));
  }
}

const keyOf = ({ device, extent }: Place): string => `${device} ${extent}`;
