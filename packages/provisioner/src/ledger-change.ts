import type { NodeLocalStorage, VolumeEntry, VolumeEntryWire, VolumeMode } from "@stowage/api";
import { groupOf } from "@stowage/api";
import type { Bytes, Group, Refusal } from "@stowage/capacity";
import { bytes, formatQuantity, grow, noBytes, reserve } from "@stowage/capacity";
import type { JsonPatchOperation } from "@stowage/kube";

/** One thing to be done to spec.volumes of one NodeLocalStorage. */
export type LedgerChange =
  /** Promise room to volumes that do not exist yet: to all of them, or to none. */
  | { readonly kind: "reserve"; readonly entries: readonly VolumeEntry[] }
  /**
   * Put back the entry of a volume that exists, with all that the agent has found on disk: it takes no room
   * that was not taken already.
   */
  | { readonly kind: "restore"; readonly entry: VolumeEntry }
  /**
   * Promise more room to a volume that is there; the agent then extends it. An entry that does not
   * tell the volume's mode yet is told it.
   */
  | {
      readonly kind: "grow";
      readonly volume: string;
      readonly size: Bytes;
      readonly volumeMode: VolumeMode;
    }
  /** The PersistentVolume exists: from now on the volume may hold data. */
  | { readonly kind: "settle"; readonly volume: string }
  /** Have the agent remove the volume; as long as it was never handed out, or whatever it holds. */
  | { readonly kind: "bury"; readonly volume: string; readonly unless: "handed_out" | "never" }
  /** Forget a volume that is gone, or one whose data outlives its claim, or its node's. */
  | { readonly kind: "drop"; readonly volume: string; readonly of: "tombstone" | "any" };

export type ChangeOutcome =
  | { readonly kind: "done" }
  /** What had no entry before this patch; whose entry was there already may be another leader's. */
  | { readonly kind: "reserved"; readonly added: readonly string[] }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** It was handed out, condemned, or promised anew in the meantime. */
  | { readonly kind: "kept" };

const done: ChangeOutcome = { kind: "done" };

/**
 * The JSON patch that carries out all of `changes` that `object` allows, and what becomes of each.
 * What is so already is done: a change can be asked for again after a crash or a cut connection.
 *
 * Invariant: the first operations test /metadata/generation, which begins anew with each object of a
 * name, and /metadata/uid, so that the patch is a compare-and-swap on the spec. Status reports leave
 * generation as it is and never get in its way.
 */
export const planLedgerPatch = (
  object: NodeLocalStorage,
  changes: readonly LedgerChange[],
): { readonly operations: JsonPatchOperation[]; readonly outcomes: ChangeOutcome[] } => {
  // By path: several may ask for the same, and what is removed twice fails the whole patch.
  const inPlace = new Map<string, JsonPatchOperation>();
  const additions: JsonPatchOperation[] = [];
  const dropped = new Set<number>();
  const known = new Map(object.spec.volumes.map((entry, index) => [entry.name, { entry, index }]));
  const added = new Set<string>();
  let group: Group = groupOf(object);

  const append = (entry: VolumeEntry): ChangeOutcome => {
    added.add(entry.name);
    additions.push({ op: "add", path: "/spec/volumes/-", value: entryOnWire(entry) });
    return done;
  };

  const apply = (change: LedgerChange): ChangeOutcome => {
    switch (change.kind) {
      case "reserve": {
        // The attempt before this one is not over at all, as another leader knows.
        if (change.entries.some(({ name }) => known.get(name)?.entry.delete === true)) {
          return { kind: "kept" };
        }
        const missing = change.entries.filter(({ name }) => !known.has(name) && !added.has(name));
        if (missing.length === 0) return { kind: "reserved", added: [] };
        const answer = reserve(group, missing);
        if (answer.kind === "refused") return answer;
        group = answer.group;
        for (const entry of missing) append(entry);
        return { kind: "reserved", added: missing.map(({ name }) => name) };
      }
      case "restore": {
        if (known.has(change.entry.name) || added.has(change.entry.name)) return done;
        const entry = { ...change.entry, size: sizeOnDisk(object, change.entry) };
        group = { ...group, reservations: [...group.reservations, entry] };
        return append(entry);
      }
      case "grow": {
        const found = known.get(change.volume);
        const reservation = group.reservations.find(({ name }) => name === change.volume);
        if (found === undefined || found.entry.delete === true || reservation === undefined) {
          return done;
        }
        if (reservation.size >= change.size) return done;
        const answer = grow(group, reservation, change.size);
        if (answer.kind === "refused") return answer;
        group = answer.group;
        const path = `/spec/volumes/${found.index}/size`;
        inPlace.set(path, { op: "replace", path, value: formatQuantity(change.size) });
        if (found.entry.volumeMode === undefined) {
          const mode = `/spec/volumes/${found.index}/volumeMode`;
          inPlace.set(mode, { op: "add", path: mode, value: change.volumeMode });
        }
        return done;
      }
      case "settle": {
        const found = known.get(change.volume);
        if (found?.entry.pending === true) {
          const path = `/spec/volumes/${found.index}/pending`;
          inPlace.set(path, { op: "remove", path });
        }
        return done;
      }
      case "bury": {
        const found = known.get(change.volume);
        // Another leader may have handed it out since the burial was decided on.
        if (found === undefined || found.entry.delete === true) return done;
        if (change.unless === "handed_out" && found.entry.pending !== true) return { kind: "kept" };
        const path = `/spec/volumes/${found.index}/delete`;
        inPlace.set(path, { op: "add", path, value: true });
        return done;
      }
      case "drop": {
        const found = known.get(change.volume);
        if (found === undefined) return done;
        // Another leader may have dropped the tombstone that was seen, and promised the name anew.
        if (change.of === "tombstone" && found.entry.delete !== true) return { kind: "kept" };
        dropped.add(found.index);
        return done;
      }
    }
  };

  const outcomes = changes.map((): ChangeOutcome => done);
  for (const [index, change] of [...changes.entries()].toSorted(restoresFirst)) {
    outcomes[index] = apply(change);
  }
  // From the end, so that the places of those before stay true.
  const removals = [...dropped]
    .toSorted((a, b) => b - a)
    .map((index): JsonPatchOperation => ({ op: "remove", path: `/spec/volumes/${index}` }));
  const body = [...inPlace.values(), ...additions, ...removals];
  const { uid, generation } = object.metadata;
  const guards: readonly JsonPatchOperation[] = [
    { op: "test", path: "/metadata/generation", value: generation },
    { op: "test", path: "/metadata/uid", value: uid },
  ];
  return { operations: body.length === 0 ? [] : [...guards, ...body], outcomes };
};

/**
 * A growth may have come there before it was told, and what a volume has beyond its entry would count as
 * somebody else's.
 */
const sizeOnDisk = ({ status }: NodeLocalStorage, { name, size }: VolumeEntry): Bytes => {
  const found = [...status.volumes, ...status.orphans].filter((one) => one.name === name);
  return bytes(Math.max(size, ...found.map((one) => one.size ?? noBytes)));
};

type Numbered = readonly [index: number, change: LedgerChange];

// What exists takes its room before anything new is promised any.
const restoresFirst = ([, one]: Numbered, [, other]: Numbered): number =>
  Number(other.kind === "restore") - Number(one.kind === "restore");

const entryOnWire = (entry: VolumeEntry): VolumeEntryWire => ({
  ...entry,
  size: formatQuantity(entry.size),
});
