import type { Claim, NodeLocalStorage, PersistentVolume, VolumeMode } from "@stowage/api";
import { claims, nodeLocalStorages, nodes, persistentVolumes, storageClasses } from "@stowage/api";
import { formatQuantity } from "@stowage/capacity";
import type { KubeClient } from "@stowage/kube";
import { isKubeError } from "@stowage/kube";
import { changeGroup } from "../change-group.ts";
import { Failure } from "../failure.ts";
import type { Adoption } from "./plan-adoption.ts";
import { planAdoption } from "./plan-adoption.ts";

type Wish = { readonly storageClass: string | undefined; readonly volumeMode: VolumeMode };

/** Plans for one orphan on what the API server has now, and for the group as it is given. */
const lookAndPlan = async (
  client: KubeClient,
  group: NodeLocalStorage,
  volume: string,
  wish: Wish,
): Promise<Adoption> => {
  const { spec, status } = group;
  const reference =
    status.orphans.find(({ name }) => name === volume)?.claim ??
    spec.volumes.find(({ name }) => name === volume)?.claim;
  const [node, persistentVolume, claim, groups, classes] = await Promise.all([
    client.find(nodes, { name: spec.nodeName }),
    client.find(persistentVolumes, { name: volume }),
    claimOf(client, reference),
    client.list(nodeLocalStorages),
    client.list(storageClasses),
  ]);
  const entries = new Set(groups.items.flatMap((one) => one.spec.volumes.map(({ name }) => name)));
  return planAdoption({
    group,
    volume,
    node,
    persistentVolume,
    claim,
    entries,
    classes: classes.items,
    wish,
  });
};

const claimOf = async (
  client: KubeClient,
  reference: { readonly namespace: string; readonly name: string } | undefined,
): Promise<Claim | undefined> =>
  reference === undefined
    ? undefined
    : client.find(claims, { namespace: reference.namespace, name: reference.name });

/**
 * Gives one orphan its objects back. The entry comes first, under a test of the ledger's generation:
 * from then on nobody else can have the volume removed. The rest is planned on what is so then.
 * @throws Failure when it is refused.
 */
export const adopt = async (
  client: KubeClient,
  groupName: string,
  volume: string,
  wish: Wish,
): Promise<void> => {
  await changeGroup(client, groupName, async (group) => {
    const { entry } = allowed(await lookAndPlan(client, group, volume, wish), volume);
    if (entry === undefined) return [];
    const value = { ...entry, size: formatQuantity(entry.size) };
    return [{ op: "add", path: "/spec/volumes/-", value }];
  });
  // As the ledger is now: the entry stands, so that only the PersistentVolume can be missing.
  const group = await client.get(nodeLocalStorages, { name: groupName });
  const { persistentVolume } = allowed(await lookAndPlan(client, group, volume, wish), volume);
  if (persistentVolume === undefined) return;
  try {
    await client.create(persistentVolumes, persistentVolume);
  } catch (error) {
    // Made by a call that was cut off, or by another admin a moment ago: for the same volume?
    if (!isKubeError(error, "already_exists")) throw error;
    const found = await client.get(persistentVolumes, { name: volume });
    if (!isFor(found, group)) {
      throw new Failure("no", `PersistentVolume ${volume} exists and leads elsewhere`);
    }
  }
};

const isFor = (found: PersistentVolume, group: NodeLocalStorage): boolean =>
  found.group === group.metadata.name;

const allowed = (plan: Adoption, volume: string): Extract<Adoption, { kind: "adopt" }> => {
  if (plan.kind === "adopt") return plan;
  throw new Failure("no", `${volume} is not adopted: ${plan.why}`, plan.remedy);
};
