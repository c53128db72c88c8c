import { nodeLocalStorages, persistentVolumes } from "@stowage/api";
import type { Hands } from "./hands.ts";
import { standsNow } from "./selected-node.ts";
import type { VolumeStep } from "./volume-step.ts";

/**
 * Whether the attempt that a PersistentVolume is to end with is still under way. Of one's own that is
 * known. One that an earlier leader began may have been given up by another since, while the caches still
 * show the volume as promised and there: the API server is asked.
 */
export const isPromiseConfirmed = async (
  { wish, made }: Extract<VolumeStep, { kind: "create_persistent_volume" }>,
  { client, attempts }: Pick<Hands, "client" | "attempts">,
): Promise<boolean> => {
  const { name } = made.entry;
  if (attempts.isOwn(name)) return true;
  const current = await client.find(nodeLocalStorages, { name: made.group.metadata.name });
  const entry = current?.spec.volumes.find((other) => other.name === name);
  const status = current?.status.volumes.find((other) => other.name === name);
  const isThere = entry !== undefined && entry.delete !== true && status?.state === "Ready";
  return isThere && (await standsNow(wish, client));
};

/**
 * Whether a PersistentVolume that the caches show is still there: one's own is; another leader's may have
 * been removed since, and its name promised anew.
 */
export const isPersistentVolumeConfirmed = async (
  { group, volume: name }: { readonly group: string; readonly volume: string },
  { client, attempts }: Pick<Hands, "client" | "attempts">,
): Promise<boolean> => {
  if (attempts.isOwn(name)) return true;
  return (await client.find(persistentVolumes, { name }))?.group === group;
};
