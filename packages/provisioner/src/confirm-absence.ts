import { nodeLocalStorages } from "@stowage/api";
import type { Hands } from "./hands.ts";
import type { VolumeStep } from "./volume-step.ts";

/**
 * Asks the API server itself whether a ledger names a volume no more, and its agent has seen that and
 * found nothing. The caches of PersistentVolumes and of ledgers do not lag alike: a leader that is new may
 * know of a PersistentVolume, and of its ledger from before the volume was promised.
 */
export const isAbsenceConfirmed = async (
  { group, volume }: Extract<VolumeStep, { kind: "confirm_absence" }>,
  { client }: Pick<Hands, "client">,
): Promise<boolean> => {
  const current = await client.find(nodeLocalStorages, { name: group });
  if (current === undefined) return false;
  const { spec, status, metadata } = current;
  const isNamed = [...spec.volumes, ...status.orphans].some(({ name }) => name === volume);
  return !isNamed && status.observedGeneration >= metadata.generation;
};
