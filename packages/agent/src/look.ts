import type { DeviceStatus, NodeLocalStorage, NodeLocalStorageSpec } from "@stowage/api";
import { elapsed } from "@stowage/clock";
import type { Edge } from "./edge.ts";
import type { Group } from "./group.ts";
import type { Observation } from "./observation.ts";
import type { LastSeen } from "./observe.ts";
import { devicesOf, observe } from "./observe.ts";

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
  const reported = devicesLastSeen(status.devices);
  const known =
    last?.group.kind === "present"
      ? { ...reported, paths: devicesOf(last.group.group.physicalVolumes) }
      : reported;
  return observe(edge, spec, known);
};

/** Where the last report says that the group lies; one that is away may be back under its old path. */
const devicesLastSeen = (devices: readonly DeviceStatus[]): LastSeen => {
  const ours = devices.filter(({ id }) => id !== undefined);
  return {
    ids: new Set(ours.flatMap(({ id }) => id ?? [])),
    paths: ours
      .map(({ kernelName, path }) => kernelName ?? path)
      .filter((path) => path.startsWith("/dev/")),
  };
};

/** What a look at devices depends on, as text. */
export const devicesWanted = ({ devices, match }: NodeLocalStorageSpec): string =>
  JSON.stringify([devices, match]);
