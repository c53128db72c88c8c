import type { PersistentVolume, StorageClass } from "@stowage/api";
import {
  apiVersionOf,
  claims,
  isDeleting,
  keyOf,
  persistentVolumes,
  volumeFinalizer,
  volumeNameOf,
} from "@stowage/api";
import { describe, showNeed } from "@stowage/capacity";
import type { EventRecorder, KubeClient, Log, Regarding } from "@stowage/kube";
import { isKubeError } from "@stowage/kube";
import type { Attempts } from "./attempts.ts";
import { claimOf } from "./claim-of.ts";
import type { LedgerWriter } from "./ledger-writer.ts";
import type { Metrics } from "./metrics.ts";
import { persistentVolumeFor } from "./persistent-volume.ts";
import { giveUpTogether } from "./give-up.ts";
import { clearSelectedNode, isGivenUp, selectNode, stillStands } from "./selected-node.ts";
import type { VolumeStep } from "./volume-step.ts";
import { wishOf } from "./wish.ts";

/** What the steps act on. */
export type Hands = {
  readonly client: KubeClient;
  readonly ledger: LedgerWriter;
  readonly events: EventRecorder;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly storageClass: (name: string) => StorageClass | undefined;
  readonly publishCapacity: (group: string) => Promise<void>;
  readonly attempts: Attempts;
  /**
   * Volumes for which room is being promised, or whose claim's node is being cleared: a pod's other
   * claim may ask for the one while the claim's own plan does the other.
   */
  readonly busy: Set<string>;
  /** Has a promised volume given up by its own plan. */
  readonly forsake: (volume: string, why: string) => void;
};

/** Whether the steps that follow may be taken too, or the volume is to be looked at anew, soon. */
type Onward = "go_on" | "stop" | "look_again";

/** Does one step. Every step can be done again: what is so already is left so. */
export const carryOut = async (step: VolumeStep, hands: Hands): Promise<Onward> => {
  const { client, ledger, events, metrics, log } = hands;
  switch (step.kind) {
    case "reserve": {
      const { group, entries, wishes, promised } = step;
      const names = new Set(entries.map(({ name }) => name));
      const outcome = await aloneWith([...names], hands, async () => {
        const wanting = wishes.filter(({ claim }) => names.has(volumeNameOf(claim.metadata.uid)));
        const stand = await Promise.all(wanting.map((wish) => stillStands(wish, hands)));
        return stand.includes(false)
          ? ("moved on" as const)
          : ledger.change(group, { kind: "reserve", entries });
      });
      if (outcome === "busy" || outcome === "moved on") return "look_again";
      if (outcome.kind === "refused") {
        for (const next of giveUpTogether(wishes, promised, outcome.refusal)) {
          // A companion was promised its room in the meantime: its own plan has to undo that.
          if (next.kind === "clear_selected_node" && !(await isGivenUp(next, hands))) {
            hands.forsake(volumeNameOf(next.claim.metadata.uid), describe(outcome.refusal));
          } else await carryOut(next, hands);
        }
        // No scheduler brings back a claim whose node was elected.
        return wishes.some(({ chosenBy }) => chosenBy === "election") ? "look_again" : "stop";
      }
      for (const { name, size } of entries) {
        metrics.begin(name);
        log.debug({ volume: name, group, bytes: size }, "room reserved");
      }
      for (const { claim, node } of wishes) {
        if (!names.has(volumeNameOf(claim.metadata.uid))) continue;
        events.emit(regardingClaim(claim.metadata), {
          type: "Normal",
          reason: "Provisioning",
          message: `Making a volume of ${showNeed(claim.spec.request)} on node ${node}`,
        });
      }
      return "go_on";
    }
    case "restore": {
      await ledger.change(step.group, { kind: "restore", entry: step.entry });
      log.warn(
        { volume: step.entry.name, claim: claimOf(step.entry.claim), group: step.group },
        "put back an entry that its PersistentVolume still needs",
      );
      return "go_on";
    }
    case "create_persistent_volume":
      return createPersistentVolume(step, hands);
    case "settle":
      // Nobody waits for it: it shares the next patch.
      ledger
        .change(step.group, { kind: "settle", volume: step.volume }, "with_others")
        .catch((error: unknown) => {
          log.warn(
            { volume: step.volume, err: error },
            "a volume is not settled yet; will look again",
          );
        });
      return "go_on";
    case "bury": {
      if (!(await isConfirmed(step, hands))) {
        log.info(
          { volume: step.entry.name, claim: claimOf(step.entry.claim), reason: step.ground },
          "volume kept: its claim moved on",
        );
        return "stop";
      }
      const { kind } = await ledger.change(step.group.metadata.name, {
        kind: "bury",
        volume: step.entry.name,
        unless: step.ground === "released" ? "never" : "handed_out",
      });
      if (kind === "kept") return "stop";
      if (step.ground === "released") metrics.begin(step.entry.name);
      else metrics.abandon(step.entry.name);
      return "go_on";
    }
    case "drop":
      await ledger.change(step.group, { kind: "drop", volume: step.volume });
      return "go_on";
    case "clear_selected_node": {
      const volume = volumeNameOf(step.claim.metadata.uid);
      await aloneWith([volume], hands, async () => {
        if (!(await isGivenUp(step, hands))) return;
        // The scheduler tries again at once, and would choose this node again on the old number.
        if (step.group !== undefined) await hands.publishCapacity(step.group);
        hands.attempts.fail(volume);
        await clearSelectedNode(step, hands);
      });
      return "go_on";
    }
    case "select_node":
      await selectNode(step, hands);
      return "go_on";
    case "forsake":
      hands.forsake(step.volume, step.why);
      return "go_on";
    case "delete_persistent_volume": {
      const { name, uid } = step.persistentVolume.metadata;
      if (!isDeleting(step.persistentVolume)) {
        await client.delete(persistentVolumes, { name }, { uid }).catch(ignoreAbsence);
      }
      return "go_on";
    }
    case "release_finalizer":
      await releaseFinalizer(step.persistentVolume, hands);
      return "go_on";
    case "tell_claim": {
      const { claim, about, why: message } = step;
      if (about === "provisioning") metrics.provisionFailed(claim.spec.storageClassName ?? "");
      events.emit(
        regardingClaim(claim.metadata),
        about === "provisioning"
          ? { type: "Warning", reason: "ProvisioningFailed", message }
          : { type: "Warning", reason: "ProvisioningCleanupFailed", message },
      );
      return "go_on";
    }
    case "tell_persistent_volume":
      metrics.deleteFailed(step.persistentVolume.storageClassName ?? "");
      events.emit(regardingVolume(step.persistentVolume), {
        type: "Warning",
        reason: "VolumeFailedDelete",
        message: step.why,
      });
      return "go_on";
    case "look_again":
      return "go_on";
  }
};

/** Does something to volumes with which nothing else is being done; at once, or not at all. */
const aloneWith = async <T>(
  volumes: readonly string[],
  { busy }: Pick<Hands, "busy">,
  act: () => Promise<T>,
): Promise<T | "busy"> => {
  if (volumes.some((volume) => busy.has(volume))) return "busy";
  for (const volume of volumes) busy.add(volume);
  try {
    return await act();
  } finally {
    for (const volume of volumes) busy.delete(volume);
  }
};

const createPersistentVolume = async (
  step: Extract<VolumeStep, { kind: "create_persistent_volume" }>,
  { client, events, metrics, log, attempts }: Hands,
): Promise<Onward> => {
  const { wish, made, hostname } = step;
  const size = made.status?.size ?? made.entry.size;
  const object = persistentVolumeFor({ ...wish, group: made.group, hostname, size });
  const name = made.entry.name;
  try {
    await client.create(persistentVolumes, object);
  } catch (error) {
    if (!isKubeError(error, "already_exists")) throw error;
    // The answer to our own create was lost, or somebody else took the name: planVolume, which
    // sees it in a moment, tells the two apart.
    return "stop";
  }
  attempts.forget(name);
  const storageClass = wish.storageClass.metadata.name;
  const durationMs = metrics.provisioned(name, storageClass);
  events.emit(regardingClaim(wish.claim.metadata), {
    type: "Normal",
    reason: "ProvisioningSucceeded",
    message: `Successfully provisioned volume ${name} on node ${made.group.spec.nodeName}`,
  });
  log.info(
    {
      volume: name,
      claim: keyOf(wish.claim),
      node: wish.node,
      class: storageClass,
      bytes: size,
      durationMs,
    },
    "volume provisioned",
  );
  return "go_on";
};

/**
 * Asks the API server itself whether a volume may go. The caches may lag behind a
 * PersistentVolume or a claim that another leader made a moment ago.
 */
const isConfirmed = async (
  step: Extract<VolumeStep, { kind: "bury" }>,
  { client, storageClass }: Hands,
): Promise<boolean> => {
  const { metadata, spec } = step.group;
  const volume = await client.find(persistentVolumes, { name: step.entry.name });
  if (step.ground === "released") {
    return (
      volume !== undefined &&
      volume.reclaimPolicy === "Delete" &&
      volume.phase !== "Bound" &&
      (volume.phase === "Released" || isDeleting(volume))
    );
  }
  if (volume !== undefined) return volume.group !== metadata.name;
  const { claim } = step.entry;
  if (step.ground !== "unwanted" || claim === undefined) return true;
  const current = await client.find(claims, { namespace: claim.namespace, name: claim.name });
  if (current === undefined || current.metadata.uid !== claim.uid) return true;
  if (current.spec.volumeName === step.entry.name) return false;
  const wish = wishOf(current, storageClass(current.spec.storageClassName ?? ""));
  const isWantedHere =
    (wish.kind === "anywhere" || (wish.kind === "volume" && wish.node === spec.nodeName)) &&
    wish.parameters.volumeGroup === spec.volumeGroup;
  return !isWantedHere;
};

const releaseFinalizer = async (
  volume: PersistentVolume,
  { client, metrics, log }: Hands,
): Promise<void> => {
  const { name } = volume.metadata;
  const current = await client.find(persistentVolumes, { name });
  const index = current?.metadata.finalizers.indexOf(volumeFinalizer) ?? -1;
  if (current === undefined || index === -1 || current.metadata.uid !== volume.metadata.uid) return;
  const path = `/metadata/finalizers/${index}`;
  await client
    .patch(
      persistentVolumes,
      { name },
      {
        kind: "json",
        operations: [
          { op: "test", path, value: volumeFinalizer },
          { op: "remove", path },
        ],
      },
    )
    .catch(ignoreAbsence);
  if (volume.reclaimPolicy !== "Delete") return;
  const storageClass = volume.storageClassName ?? "";
  const durationMs = metrics.deleted(name, storageClass);
  log.info(
    {
      volume: name,
      claim: claimOf(volume.claimRef),
      group: volume.group,
      class: storageClass,
      bytes: volume.capacity,
      durationMs,
    },
    "volume deleted",
  );
};

const ignoreAbsence = (error: unknown): void => {
  if (!isKubeError(error, "not_found")) throw error;
};

const regardingClaim = (metadata: {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}): Regarding => ({
  apiVersion: apiVersionOf(claims),
  kind: claims.kind,
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
});

const regardingVolume = ({ metadata }: PersistentVolume): Regarding => ({
  apiVersion: apiVersionOf(persistentVolumes),
  kind: persistentVolumes.kind,
  namespace: "",
  name: metadata.name,
  uid: metadata.uid,
});
