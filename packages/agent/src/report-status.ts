import type { NodeLocalStorage, NodeLocalStorageStatus } from "@stowage/api";
import type { Next } from "@stowage/kube";
import { again, done } from "@stowage/kube";
import type { Edge } from "./edge.ts";
import { retryDelay } from "./failures.ts";
import type { Group } from "./group.ts";
import { statusPatch } from "./status-wire.ts";
import { statusAfterFailedScan } from "./status.ts";

/** Why nothing can be said about a group. */
export type Unjudged = { readonly reason: string; readonly message: string };

/** The newest spec with the newest status, which is the one that we wrote. */
export const newest = (edge: Edge, name: string, group: Group): NodeLocalStorage | undefined => {
  const object = edge.find(name);
  if (object === undefined || group.inForce === undefined) return object;
  return { ...object, status: group.inForce.status };
};

/** Writes the status if it differs from the one in force. */
export const report = async (
  edge: Edge,
  object: NodeLocalStorage,
  group: Group,
  status: NodeLocalStorageStatus,
): Promise<void> => {
  const patch = statusPatch(status);
  const text = JSON.stringify(patch);
  if (text !== (group.inForce?.text ?? JSON.stringify(statusPatch(object.status)))) {
    // Until the answer is there nobody knows which of the two is in force.
    group.inForce = undefined;
    await edge.report(object.metadata.name, patch);
  }
  group.inForce = { status, text };
  edge.reported({ ...object, status });
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
  await report(edge, object, group, statusAfterFailedScan(object, why, edge.clock.now()));
  return again(retryDelay(group.waits, edge.scanPeriod));
};
