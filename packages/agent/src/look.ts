import type { DeviceStatus, NodeLocalStorage, NodeLocalStorageSpec } from "@stowage/api";
import { elapsed } from "@stowage/clock";
import { isOnNode } from "@stowage/lvm";
import type { Edge } from "./edge.ts";
import type { Group } from "./group.ts";
import type { Observation } from "./observation.ts";
import type { LastSeen } from "./observe.ts";
import { observe } from "./observe.ts";

/** What is remembered of the last look. */
type Look = Pick<Group, "observation" | "observedFor">;

/** The last look while it can be trusted: it is young, and of the devices that are asked for now. */
export const trusted = (
  edge: Pick<Edge, "clock" | "scanPeriod">,
  spec: NodeLocalStorageSpec,
  { observation, observedFor }: Look,
): Observation | undefined =>
  observation !== undefined &&
  observedFor === devicesWanted(spec) &&
  elapsed(observation.at, edge.clock.moment()) < edge.scanPeriod
    ? observation
    : undefined;

/** A new look. `last`: the one before it, however old.
 *  @throws LvmError */
export const lookAnew = (
  edge: Pick<Edge, "clock" | "run">,
  { spec, status }: Pick<NodeLocalStorage, "spec" | "status">,
  { observation: last }: Pick<Group, "observation">,
): Promise<Observation> => {
  return observe(edge, spec, lastSeen(status.devices, last));
};

/** Where the group lay by the last report, and by the last look. */
const lastSeen = (devices: readonly DeviceStatus[], last: Observation | undefined): LastSeen => {
  const reported = devices.flatMap((device) =>
    device.id === undefined ? [] : [{ ...device, id: device.id }],
  );
  const ids = new Set(reported.map(({ id }) => id));
  if (last?.group.kind !== "present") return { ids, devices: reported };
  const seen = last.group.group.physicalVolumes.filter(isOnNode).map(({ uuid, path }) => {
    const before = reported.find(({ id }) => id === uuid);
    const { serial } = before ?? {};
    return { id: uuid, path: before?.path ?? path, kernelName: path, serial };
  });
  return { ids, devices: seen };
};

/** What a look at devices depends on, as text. */
export const devicesWanted = ({ devices, match }: NodeLocalStorageSpec): string =>
  JSON.stringify([devices, match]);
