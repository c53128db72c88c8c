import type { Claim } from "@stowage/api";
import {
  annotations,
  claims,
  isDeleting,
  keyOf,
  nodeLocalStorages,
  persistentVolumes,
  volumeNameOf,
} from "@stowage/api";
import type { KubeClient, Log } from "@stowage/kube";
import { isKubeError } from "@stowage/kube";
import type { Attempts } from "./attempts.ts";
import type { VolumeWish } from "./volume-step.ts";

type Choice = { readonly claim: Claim; readonly node: string };
type Edge = { readonly client: KubeClient; readonly log: Log };

/**
 * Whether neither an entry nor a PersistentVolume of this attempt lives at the API server. The caches
 * may lag behind one that was written a moment ago; its event brings the volume back here.
 */
export const isGivenUp = async (
  { claim, group }: Pick<Choice, "claim"> & { readonly group: string | undefined },
  { client }: Edge,
): Promise<boolean> => {
  const volume = volumeNameOf(claim.metadata.uid);
  if (group !== undefined) {
    const current = await client.find(nodeLocalStorages, { name: group });
    const entry = current?.spec.volumes.find(({ name }) => name === volume);
    if (entry !== undefined && entry.delete !== true) return false;
  }
  // Its entry may have been taken out by hand in the moment in which it was made.
  return (await client.find(persistentVolumes, { name: volume })) === undefined;
};

/**
 * Whether the claim is as it was seen: unbound, and placed on that node. The caches may show a node
 * that was cleared a moment ago, here or by an earlier leader, and a volume made there would be one of
 * an attempt that was given up. So claims that may have been sent away before are looked at afresh; the
 * first attempt, which most claims have only, costs no look.
 */
export const stillStands = async (
  wish: VolumeWish,
  { client, attempts }: Pick<Edge, "client"> & { readonly attempts: Attempts },
): Promise<boolean> => {
  if (!attempts.mayHaveFailed(volumeNameOf(wish.claim.metadata.uid))) return true;
  return standsNow(wish, client);
};

/** Whether the API server, too, has the claim unbound and placed on that node. */
export const standsNow = async (
  { claim, node, chosenBy }: VolumeWish,
  client: KubeClient,
): Promise<boolean> => {
  const current = await stillUnbound(claim, client);
  return current !== undefined && (chosenBy === "election" || current.selectedNode === node);
};

/** Others write to a claim at the very moment it is placed, but each only once or twice. */
const clearings = 4;

/**
 * Clears selected-node if it still names `node`, testing the version that was seen: a choice of
 * another node is never erased. The PV controller annotates a claim as soon as it is placed: over
 * such a change the clearing is done again, or a pod's other claims would be sent away without this
 * one, which would then be provisioned alone and hold the pod where they have no room.
 */
export const clearSelectedNode = async (
  { claim, node }: Choice,
  { client, log }: Edge,
): Promise<void> => {
  let seen: Claim | undefined = claim;
  for (let time = 1; time <= clearings && seen !== undefined; time += 1) {
    if ((await clearAt(seen, node, client)) === "cleared") {
      const volume = volumeNameOf(claim.metadata.uid);
      log.info({ volume, claim: keyOf(claim), node }, "selected node cleared");
      return;
    }
    // What changed so often comes back by its event.
    const current = await stillUnbound(claim, client);
    seen = current?.selectedNode === node ? current : undefined;
  }
};

const clearAt = async (
  { metadata: { namespace, name, uid, resourceVersion } }: Claim,
  node: string,
  client: KubeClient,
): Promise<"cleared" | "changed"> => {
  const path = `/metadata/annotations/${annotations.selectedNode.replaceAll("/", "~1")}`;
  try {
    await client.patch(
      claims,
      { namespace, name },
      {
        kind: "json",
        operations: [
          { op: "test", path: "/metadata/uid", value: uid },
          { op: "test", path: "/metadata/resourceVersion", value: resourceVersion },
          { op: "test", path, value: node },
          { op: "remove", path },
        ],
      },
    );
    return "cleared";
  } catch (error) {
    if (!isKubeError(error, "invalid", "conflict", "not_found")) throw error;
    return "changed";
  }
};

/** The claim as the API server has it, if it is the same one, and neither bound nor deleted. */
const stillUnbound = async (
  { metadata: { namespace, name, uid } }: Claim,
  client: KubeClient,
): Promise<Claim | undefined> => {
  const current = await client.find(claims, { namespace, name });
  const isSame =
    current?.metadata.uid === uid && !isDeleting(current) && current.spec.volumeName === "";
  return isSame ? current : undefined;
};

/** Writes only over the version that it saw: the scheduler's choice, and another pod's, come first. */
export const selectNode = async ({ claim, node }: Choice, { client, log }: Edge): Promise<void> => {
  const { namespace, name, resourceVersion } = claim.metadata;
  const body = { metadata: { resourceVersion, annotations: { [annotations.selectedNode]: node } } };
  try {
    await client.patch(claims, { namespace, name }, { kind: "merge", body });
    const volume = volumeNameOf(claim.metadata.uid);
    log.info({ volume, claim: keyOf(claim), node }, "the pod's own node selected");
  } catch (error) {
    if (!isKubeError(error, "conflict", "not_found")) throw error;
  }
};
