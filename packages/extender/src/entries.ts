import type { VolumeEntry } from "@stowage/api";
import type { Bytes, Reservation } from "@stowage/capacity";
import { bytes, roundUpToExtents } from "@stowage/capacity";

/**
 * The entries of one spec.volumes, packed: a large cluster has a hundred thousand of them, of which
 * hardly one is ever looked at by itself.
 */
export class Entries {
  /** Each name between line ends, which no name has. */
  readonly #names: string;
  readonly #sizes: readonly number[];
  /** Names of the tombstones, as above. */
  readonly #tombstones: string;

  constructor(entries: readonly Pick<VolumeEntry, "name" | "size" | "delete">[]) {
    this.#names = packed(entries.map(({ name }) => name));
    this.#sizes = entries.length === 0 ? noSizes : entries.map(({ size }) => size);
    this.#tombstones = packed(entries.flatMap((one) => (one.delete === true ? [one.name] : [])));
  }

  get count(): number {
    return this.#sizes.length;
  }

  has(name: string): boolean {
    return this.#names.includes(`\n${name}\n`);
  }

  /** Is there an entry of that name that is no tombstone? */
  hasLiving(name: string): boolean {
    return this.has(name) && !this.#tombstones.includes(`\n${name}\n`);
  }

  names(): string[] {
    return this.count === 0 ? [] : this.#names.slice(1, -1).split("\n");
  }

  reservations(): Reservation[] {
    return this.names().map((name, index) => ({ name, size: bytes(this.#sizes[index] ?? 0) }));
  }

  /** What they take in whole extents. More than can be counted is as much as can be. */
  taken(extentSize: Bytes): number {
    let total = 0;
    for (const size of this.#sizes) total += roundUpToExtents(bytes(size), extentSize);
    return Math.min(total, Number.MAX_SAFE_INTEGER);
  }
}

const noSizes: readonly number[] = [];

const packed = (names: readonly string[]): string =>
  names.length === 0 ? "" : ["", ...names, ""].join("\n");
