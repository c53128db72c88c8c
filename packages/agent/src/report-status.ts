import type { NodeLocalStorage, NodeLocalStorageStatus } from "@stowage/api";
import type { Next } from "@stowage/kube";
import { again, done } from "@stowage/kube";
import type { Edge } from "./edge.ts";
import { retryDelay } from "./failures.ts";
import type { Group } from "./group.ts";
import { statusWire } from "./status-wire.ts";
import { statusAfterFailedScan } from "./status.ts";

/** Why nothing can be said about a group. */
export type Unjudged = { readonly reason: string; readonly message: string };

/**
 * The newest spec with the newest status, which is the one that we wrote; undefined once the object
 * is gone, also if another one has its name.
 */
export const newest = (edge: Edge, name: string, group: Group): NodeLocalStorage | undefined => {
  const object = edge.find(name);
  if (object === undefined || object.metadata.uid !== group.uid) return undefined;
  return group.inForce === undefined ? object : { ...object, status: group.inForce.status };
};

/** Writes the status if it differs from the one in force; "gone" if there is nothing to write it to. */
export const report = async (
  edge: Edge,
  object: NodeLocalStorage,
  group: Group,
  status: NodeLocalStorageStatus,
): Promise<"in_force" | "gone"> => {
  const wire = statusWire(status);
  const text = JSON.stringify(wire);
  if (text !== (group.inForce?.text ?? textAtServer(edge, object))) {
    // Until the answer is there nobody knows which of the two is in force.
    group.inForce = undefined;
    if ((await edge.report(object, wire)) === "gone") return "gone";
  }
  group.inForce = { status, text };
  edge.reported({ ...object, status });
  return "in_force";
};

/**
 * As the informer has it: the object that was decided on may carry what we wrote last, over which
 * somebody may have written since, such as a predecessor whose last words took long to arrive.
 */
const textAtServer = (edge: Edge, object: NodeLocalStorage): string => {
  const { status } = edge.find(object.metadata.name) ?? object;
  return JSON.stringify(statusWire(status));
};

/** Says why the group could not be looked at; everything else in the status stays. */
export const reportFailedScan = async (
  edge: Edge,
  name: string,
  group: Group,
  why: Unjudged,
): Promise<Next> => {
  group.observation = undefined;
  group.waits += 1;
  const object = newest(edge, name, group);
  if (object === undefined) return done;
  edge.log.warn({ volumeGroup: object.spec.volumeGroup, ...why }, "the group cannot be judged");
  const status = statusAfterFailedScan(object, why, edge.clock.now());
  if ((await report(edge, object, group, status)) === "gone") return done;
  return again(retryDelay(group.waits, edge.scanPeriod));
};
