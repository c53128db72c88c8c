import { isDeleting, persistentVolumes, volumeNameOf } from "@stowage/api";
import { claimOf } from "./claim-of.ts";
import { isAbsenceConfirmed } from "./confirm-absence.ts";
import { isBurialConfirmed } from "./confirm-burial.ts";
import { isPersistentVolumeConfirmed, isPromiseConfirmed } from "./confirm-promise.ts";
import type { Hands, Onward } from "./hands.ts";
import { aloneWith } from "./hands.ts";
import { createPersistentVolume, ignoreAbsence, releaseFinalizer } from "./provisioned-volume.ts";
import { regardingClaim, regardingVolume } from "./regarding.ts";
import { reserveRoom } from "./reserve-room.ts";
import { clearSelectedNode, isGivenUp, selectNode, stillStands } from "./selected-node.ts";
import type { VolumeStep } from "./volume-step.ts";

/** Does one step. Every step can be done again: what is so already is left so. */
export const carryOut = async (step: VolumeStep, hands: Hands): Promise<Onward> => {
  const { client, ledger, events, metrics, log } = hands;
  switch (step.kind) {
    case "reserve":
      return reserveRoom(step, hands, (next) => carryOut(next, hands));
    case "restore": {
      const { wish } = step;
      // Not while its claim's node is being cleared, for its pod's other claim.
      const outcome = await aloneWith([step.entry.name], hands, async () => {
        const isNeeded = await (wish === undefined
          ? isPersistentVolumeConfirmed({ group: step.group, volume: step.entry.name }, hands)
          : stillStands(wish, hands));
        if (!isNeeded) return "moved_on" as const;
        return ledger.change(step.group, { kind: "restore", entry: step.entry });
      });
      if (outcome === "busy" || outcome === "moved_on") return "look_again";
      log.warn(
        { volume: step.entry.name, claim: claimOf(step.entry.claim), group: step.group },
        wish === undefined
          ? "put back an entry that its PersistentVolume still needs"
          : "put back an entry whose logical volume is there",
      );
      return "go_on";
    }
    case "create_persistent_volume":
      return (await isPromiseConfirmed(step, hands))
        ? createPersistentVolume(step, hands)
        : "look_again";
    case "settle":
      if (!(await isPersistentVolumeConfirmed(step, hands))) return "look_again";
      // Nobody waits for it: it shares the next patch.
      ledger
        .change(step.group, { kind: "settle", volume: step.volume }, "with_others")
        .catch((error: unknown) => {
          log.warn(
            { volume: step.volume, err: error },
            "a volume is not settled yet; will look again",
          );
          hands.wake(step.volume);
        });
      return "go_on";
    case "bury": {
      if (!(await isBurialConfirmed(step, hands))) {
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
    case "drop": {
      const { volume, of } = step;
      const { kind } = await ledger.change(step.group, { kind: "drop", volume, of });
      return kind === "kept" ? "look_again" : "go_on";
    }
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
    case "confirm_absence":
      return (await isAbsenceConfirmed(step, hands)) ? "go_on" : "look_again";
    case "delete_persistent_volume": {
      const { name, uid } = step.persistentVolume.metadata;
      // Its claim is gone: a cache that still shows that as unbound is to be asked no more.
      hands.attempts.fail(name);
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
