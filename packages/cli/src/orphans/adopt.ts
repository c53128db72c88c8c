import type { Claim, NodeLocalStorage, VolumeMode } from "@stowage/api";
import {
  claims,
  labels,
  nodeLocalStorages,
  nodes,
  persistentVolumes,
  storageClasses,
} from "@stowage/api";
import { formatQuantity } from "@stowage/capacity";
import type { Clock } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import type { KubeClient } from "@stowage/kube";
import { isKubeError } from "@stowage/kube";
import { changeGroup } from "../change-group.ts";
import { Failure } from "../failure.ts";
import type { Adoption } from "./plan-adoption.ts";
import { planAdoption } from "./plan-adoption.ts";

export type AdoptionWish = {
  readonly storageClass: string | undefined;
  readonly volumeMode: VolumeMode;
};

/** One orphan, by the name of its NodeLocalStorage and its own. */
type Orphan = { readonly groupName: string; readonly volume: string };

/** Plans for one orphan on what the API server has now, and for the group as it is given. */
const lookAndPlan = async (
  client: KubeClient,
  group: NodeLocalStorage,
  volume: string,
  wish: AdoptionWish,
): Promise<Adoption> => {
  const { spec, status } = group;
  const reference =
    status.orphans.find(({ name }) => name === volume)?.claim ??
    spec.volumes.find(({ name }) => name === volume)?.claim;
  const [node, persistentVolume, claim, adopted, groups, classes] = await Promise.all([
    client.find(nodes, { name: spec.nodeName }),
    client.find(persistentVolumes, { name: volume }),
    claimOf(client, reference),
    client.list(persistentVolumes, { labelSelector: `${labels.adopted}=true` }),
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
    adopted: adopted.items,
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

const allowed = (plan: Adoption, volume: string): Extract<Adoption, { kind: "adopt" }> => {
  if (plan.kind === "adopt") return plan;
  throw new Failure("no", `${volume} is not adopted: ${plan.why}`, plan.remedy);
};

/**
 * The first step of an adoption: the orphan's entry, under a test of the ledger's generation. From
 * then on nobody else can have the volume removed. @throws Failure when it is refused.
 */
export const giveEntry = async (
  client: KubeClient,
  { groupName, volume }: Orphan,
  wish: AdoptionWish,
): Promise<void> => {
  await changeGroup(client, groupName, async (group) => {
    const { entry } = allowed(await lookAndPlan(client, group, volume, wish), volume);
    if (entry === undefined) return [];
    const value = { ...entry, size: formatQuantity(entry.size) };
    return [{ op: "add", path: "/spec/volumes/-", value }];
  });
};

/**
 * The second step: the PersistentVolume, once the agent says of the entry that its logical volume is
 * there. @throws Failure when it is refused, or not confirmed in time.
 */
export const givePersistentVolume = async (
  client: KubeClient,
  clock: Pick<Clock, "sleep">,
  { groupName, volume }: Orphan,
  wish: AdoptionWish,
): Promise<void> => {
  const group = await confirmed(client, clock, { groupName, volume });
  const { persistentVolume } = allowed(await lookAndPlan(client, group, volume, wish), volume);
  if (persistentVolume === undefined) return;
  try {
    await client.create(persistentVolumes, persistentVolume);
  } catch (error) {
    // Made by a call that was cut off, or by another admin a moment ago: for the same volume?
    if (!isKubeError(error, "already_exists")) throw error;
    const found = await client.get(persistentVolumes, { name: volume });
    if (found.group !== groupName) {
      throw new Failure("no", `PersistentVolume ${volume} exists and leads elsewhere`);
    }
  }
};

const looks = 30;
const lookPeriod = seconds(1);

/** The group as it is once its agent has reported the volume as Ready. */
const confirmed = async (
  client: KubeClient,
  clock: Pick<Clock, "sleep">,
  { groupName, volume }: Orphan,
): Promise<NodeLocalStorage> => {
  for (let look = 1; ; look += 1) {
    const group = await client.get(nodeLocalStorages, { name: groupName });
    const status = group.status.volumes.find(({ name }) => name === volume);
    if (status?.state === "Ready") return group;
    if (status?.state === "Failed" || look === looks) {
      const said = [status?.reason, status?.message].filter((word) => word !== undefined);
      throw new Failure(
        "no",
        `${volume} has its entry and gets no PersistentVolume yet: ${said.length > 0 ? said.join(": ") : `the agent of ${group.spec.nodeName} has not confirmed it`}`,
        "adopt it again when that is put right",
      );
    }
    await clock.sleep(lookPeriod);
  }
};
