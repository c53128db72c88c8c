import type { NodeLocalStorage } from "./node-local-storage.ts";

/** Another node whose report has a physical volume of the object's. */
export type Rival = { readonly node: string; readonly id: string };

/** The UUIDs of the physical volumes that are on the object's node, as its agent last reported. */
export const physicalVolumesOf = ({ status }: Pick<NodeLocalStorage, "status">): string[] =>
  status.devices.flatMap(({ id, state }) => (id === undefined || state === "Missing" ? [] : [id]));

type Told = { readonly node: string; readonly ids: readonly string[] };

/**
 * Which nodes report which physical volumes: no agent sees another one's report. `K` stands for an
 * object, of which a node may have several.
 */
export class DeviceReports<K> {
  readonly #told = new Map<K, Told>();
  readonly #byId = new Map<string, Set<K>>();

  /** Takes a report in place of the one before. Of whom else the rivals may be others now. */
  set(key: K, node: string, ids: readonly string[]): ReadonlySet<K> {
    const before = this.#told.get(key);
    if (before?.node === node && before.ids.join() === ids.join()) return new Set();
    const touched = this.delete(key);
    if (ids.length > 0) this.#told.set(key, { node, ids });
    for (const id of ids) {
      const keys = this.#byId.get(id) ?? new Set();
      for (const other of keys) touched.add(other);
      this.#byId.set(id, keys.add(key));
    }
    touched.delete(key);
    return touched;
  }

  /** Forgets a report. Of whom the rivals may be others now. */
  delete(key: K): Set<K> {
    const touched = new Set<K>();
    for (const id of this.#told.get(key)?.ids ?? []) {
      const keys = this.#byId.get(id) ?? new Set();
      keys.delete(key);
      if (keys.size === 0) this.#byId.delete(id);
      for (const other of keys) touched.add(other);
    }
    this.#told.delete(key);
    return touched;
  }

  rivalOf(key: K): Rival | undefined {
    const own = this.#told.get(key);
    for (const id of own?.ids ?? []) {
      for (const other of this.#byId.get(id) ?? []) {
        const node = this.#told.get(other)?.node;
        if (node !== undefined && node !== own?.node) return { node, id };
      }
    }
    return undefined;
  }
}

/** Why a group takes nothing new while another node reports a device of it. */
export const describeRival = ({ node, id }: Rival): string =>
  `node ${node} reports its physical volume ${id} too, a copy or one disk that both see; take it from one of them, and delete the NodeLocalStorage of a node that is gone`;

/** The object as one whose group takes nothing new; as it is where it has no rival. */
export const withRival = (object: NodeLocalStorage, rival: Rival | undefined): NodeLocalStorage => {
  const { status } = object;
  if (rival === undefined) return object;
  const conditions = status.conditions.map((condition) =>
    condition.type === "Ready" && condition.status === "True"
      ? {
          ...condition,
          status: "False" as const,
          reason: "SharedDevice",
          message: describeRival(rival),
        }
      : condition,
  );
  return { ...object, status: { ...status, conditions } };
};
