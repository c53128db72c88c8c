import type { NodeLocalStorage } from "@stowage/api";
import type { Change } from "@stowage/kube";

/** Which NodeLocalStorages speak of a volume, in spec or in status. */
export class VolumeIndex {
  readonly #groupsOf = new Map<string, Set<string>>();

  groupsOf(volume: string): Iterable<string> {
    return this.#groupsOf.get(volume) ?? [];
  }

  /** Follows one change; returns the volumes of which something different is said now. */
  apply(change: Change<NodeLocalStorage>): Set<string> {
    const group = change.object.metadata.name;
    const before = change.kind === "updated" ? saidOf(change.previous) : new Map<string, string>();
    const after = saidOf(change.object);
    const changed = new Set<string>();
    for (const [volume, words] of after) {
      if (before.get(volume) !== words) changed.add(volume);
      if (change.kind === "deleted") this.#remove(volume, group);
      else this.#add(volume, group);
    }
    for (const volume of before.keys()) {
      if (after.has(volume)) continue;
      changed.add(volume);
      this.#remove(volume, group);
    }
    return changed;
  }

  #add(volume: string, group: string): void {
    const groups = this.#groupsOf.get(volume);
    if (groups === undefined) this.#groupsOf.set(volume, new Set([group]));
    else groups.add(group);
  }

  #remove(volume: string, group: string): void {
    const groups = this.#groupsOf.get(volume);
    groups?.delete(group);
    if (groups?.size === 0) this.#groupsOf.delete(volume);
  }
}

const saidOf = ({ spec, status }: NodeLocalStorage): Map<string, string> => {
  const said = new Map<string, string>();
  const say = (volume: string, words: unknown): void => {
    said.set(volume, `${said.get(volume) ?? ""}${JSON.stringify(words)}`);
  };
  for (const entry of spec.volumes) say(entry.name, entry);
  for (const state of status.volumes) {
    say(state.name, state);
    // What it is about shows only by how new it is: see Tombstones.
    if (state.state === "Deleted") say(state.name, status.observedGeneration);
  }
  for (const orphan of status.orphans) say(orphan.name, orphan);
  return said;
};
