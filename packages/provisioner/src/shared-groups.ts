import type { NodeLocalStorage } from "@stowage/api";
import { DeviceReports, physicalVolumesOf, withRival } from "@stowage/api";
import type { Change, Informer } from "@stowage/kube";

/** NodeLocalStorages; those whose devices another node reports too are not Ready. */
export type Groups = Informer<NodeLocalStorage> & {
  /** An object that was read elsewhere, in the same light. */
  readonly judged: (object: NodeLocalStorage) => NodeLocalStorage;
};

/**
 * Puts all that the provisioner decides on one footing: a group of which two nodes report a physical
 * volume takes nothing new on either. Whoever gains or loses a rival is told to have been updated.
 */
export const withSharedRefused = (groups: Informer<NodeLocalStorage>): Groups => {
  const reports = new DeviceReports<string>();
  const handlers = new Set<(change: Change<NodeLocalStorage>) => void>();
  const judged = (object: NodeLocalStorage): NodeLocalStorage =>
    withRival(object, reports.rivalOf(object.metadata.name));
  groups.subscribe(({ kind, object }) => {
    const { name } = object.metadata;
    const touched =
      kind === "deleted"
        ? reports.delete(name)
        : reports.set(name, object.spec.nodeName, physicalVolumesOf(object));
    for (const other of touched) {
      const rival = groups.get(other);
      if (rival === undefined) continue;
      for (const handler of handlers) {
        handler({ kind: "updated", object: judged(rival), previous: rival });
      }
    }
  });
  return {
    get: (key) => {
      const object = groups.get(key);
      return object === undefined ? undefined : judged(object);
    },
    *list() {
      for (const object of groups.list()) yield judged(object);
    },
    get size() {
      return groups.size;
    },
    state: () => groups.state(),
    synced: (signal) => groups.synced(signal),
    subscribe: (handler) => {
      handlers.add(handler);
      const end = groups.subscribe((change) =>
        handler({ ...change, object: judged(change.object) }),
      );
      return () => {
        handlers.delete(handler);
        end();
      };
    },
    judged,
  };
};
