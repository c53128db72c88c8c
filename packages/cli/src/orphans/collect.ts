import type { ClaimReference, VolumeEntry } from "@stowage/api";
import { claims, persistentVolumes } from "@stowage/api";
import type { KubeClient } from "@stowage/kube";
import { changeGroup } from "../change-group.ts";
import { Failure } from "../failure.ts";
import { planCollection } from "./plan-collection.ts";

/**
 * Has an orphan removed by its node's agent. The tombstone is added under a test of the ledger's
 * generation, so that it never meets an entry that an adoption put there in the meantime.
 * @throws Failure when it is refused.
 */
export const collect = async (
  client: KubeClient,
  groupName: string,
  volume: string,
  wipe: VolumeEntry["wipe"],
): Promise<void> => {
  await changeGroup(client, groupName, async (group) => {
    const orphan = group.status.orphans.find(({ name }) => name === volume);
    const plan = planCollection({
      group,
      volume,
      persistentVolume: await client.find(persistentVolumes, { name: volume }),
      owner: await ownerOf(client, orphan?.claim),
      wipe,
    });
    if (plan.kind === "refused") {
      throw new Failure("no", `${volume} is not collected: ${plan.why}`, plan.remedy);
    }
    return [plan.operation];
  });
};

/** The very claim: another one of the same name has nothing to do with the volume. */
const ownerOf = async (client: KubeClient, reference: ClaimReference | undefined) => {
  if (reference === undefined) return undefined;
  const { namespace, name, uid } = reference;
  const claim = await client.find(claims, { namespace, name });
  return claim?.metadata.uid === uid ? claim : undefined;
};
