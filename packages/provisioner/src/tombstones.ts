import type { SeenEntry } from "./seen-volume.ts";

/**
 * Since which generation of its ledger each tombstone is known. What an agent said of an older one may be
 * of the volume that had the name before, of which it was told that it is gone: a claim that is sent back
 * to a node asks for the same name again.
 */
export class Tombstones {
  /** By volume, then by the ledger's UID. */
  readonly #since = new Map<string, ReadonlyMap<string, number>>();

  /** The entries of one volume as they are now, each with what was surely said of it. */
  see(name: string, entries: readonly SeenEntry[]): SeenEntry[] {
    const before = this.#since.get(name);
    const since = new Map(
      entries
        .filter(({ entry }) => entry.delete === true)
        .map(({ group: { metadata } }) => [
          metadata.uid,
          before?.get(metadata.uid) ?? metadata.generation,
        ]),
    );
    if (since.size === 0) this.#since.delete(name);
    else this.#since.set(name, since);
    return entries.map((seen) => {
      const { metadata, status } = seen.group;
      const isOlder = status.observedGeneration < (since.get(metadata.uid) ?? 0);
      return isOlder ? { ...seen, status: undefined } : seen;
    });
  }
}
